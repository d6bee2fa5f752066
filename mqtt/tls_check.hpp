#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace latchkey::paho {

/// What the certificate of a broker has to be.
struct TlsCheck {
  std::string name;  ///< for this DNS name, or address without brackets
  bool skips_dates = false;
  std::optional<std::chrono::sys_seconds> at;   ///< valid at this time; nothing: by this machine's clock
  std::chrono::steady_clock::time_point since;  ///< when it was `at`
};

/// Holds from here on for whoever in this process connects to `host` by TLS, a name or an address without
/// brackets. The library by itself cannot check addresses of IPv6, and knows no time but this machine's.
void check_tls_of(const std::string& host, TlsCheck check);

}  // namespace latchkey::paho
