#pragma once

#include "crypto/tls_server.hpp"
#include "mqtt/endpoint.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

// Why there is no connection, which the library of the link does not tell: by looking at the broker anew.
namespace latchkey::mqtt {

struct Trouble {
  enum class Kind {
    unreachable,
    no_tls,
    unknown_issuer,
    other_name,
    dates,  ///< and nothing else
    certificate,
  };
  Kind kind;
  std::string what;  ///< half a sentence
};

/// What the broker shows, if it can be reached and, where `endpoint` asks for TLS, is trusted by the
/// certificates in `ca_file` at this machine's time. Nothing is sent to it, and no login is tried. Reaching
/// it, and its certificate, may each take as long as `limit`.
[[nodiscard]] std::expected<std::optional<crypto::TlsServer>, Trouble> look_at_broker(
    const Endpoint& endpoint, const std::string& ca_file, std::chrono::seconds limit);

/// The link's reason says that account or password are wrong.
[[nodiscard]] bool refuses_login(std::string_view reason);

}  // namespace latchkey::mqtt
