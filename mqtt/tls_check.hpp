#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace latchkey::paho {

/// What a broker's certificate must be valid for.
struct TlsCheck {
  std::string name;  ///< the DNS name, or the address without brackets
  bool skips_dates = false;
  /// The time when `since` was taken; nothing: this machine's clock.
  std::optional<std::chrono::sys_seconds> at;
  std::chrono::steady_clock::time_point since;  ///< the moment of `at`
};

/// Sets the check for all later TLS connections of Paho in this process to `host`, a name or an address
/// without brackets. Paho itself cannot verify IPv6 addresses and uses only this machine's clock.
void check_tls_of(const std::string& host, TlsCheck check);

}  // namespace latchkey::paho
