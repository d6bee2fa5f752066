#pragma once

#include "crypto/tls_server.hpp"
#include "mqtt/endpoint.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

// Finds out why a connection fails, which Paho does not report: connects to the broker by itself.
namespace latchkey::mqtt {

struct ProbeError {
  enum class Kind {
    unreachable,
    no_tls,
    unknown_issuer,
    other_name,
    dates,  ///< only the validity period is wrong
    certificate,
  };
  Kind kind;
  std::string what;  ///< half a sentence
};

/// Connects to the broker and, for mqtts, does a TLS handshake that trusts the certificates in `ca_file` at
/// this machine's time. Sends no MQTT. Returns the server's certificate, or nothing without TLS. Connect and
/// handshake may each take `limit`.
[[nodiscard]] std::expected<std::optional<crypto::TlsServer>, ProbeError> probe_broker(
    const Endpoint& endpoint, const std::string& ca_file, std::chrono::seconds limit);

/// True if the reason of Handlers::lost means a wrong user name or password.
[[nodiscard]] bool refuses_login(std::string_view reason);

}  // namespace latchkey::mqtt
