#pragma once

#include "crypto/certificate.hpp"
#include "crypto/jws.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey::protocol {

/// Keys derived from a device's symmetric key, 32 bytes each (docs/protocol.md, 3).
[[nodiscard]] crypto::Secret answer_key(crypto::ByteView device_key);
[[nodiscard]] crypto::Secret sealing_key(crypto::ByteView device_key);
/// The key under which a device that connects with this password signs `connected` (docs/protocol.md, 5).
[[nodiscard]] crypto::Secret status_key(crypto::ByteView password);
/// The key of one device of a group: HMAC-SHA256(group key, device_id), 32 bytes.
[[nodiscard]] crypto::Secret device_key(crypto::ByteView group_key, std::string_view device_id);

/// The key by which the service signs messages to one device: the answer key of a symmetric proof (32 bytes),
/// or the service's signing identity, which must outlive the Signer.
using Signer = std::variant<crypto::Secret, const crypto::Identity*>;

/// The key by which a device verifies them: its answer key, or its installed service anchors.
struct ServiceAnchors {
  std::vector<crypto::Certificate> certificates;
  /// Nothing: the device has no clock and skips the validity, but for `earliest`.
  std::optional<crypto::Time> now;
  /// A signer that expired before this time is refused in any case.
  std::optional<crypto::Time> earliest = std::nullopt;
};
using Verifier = std::variant<crypto::Secret, ServiceAnchors>;

inline constexpr std::string_view request_type = "provisioning-request+jws";
inline constexpr std::string_view response_type = "provisioning-response+jws";
inline constexpr std::string_view status_type = "provisioning-status+jws";
inline constexpr std::string_view config_type = "provisioning-config+jws";

/// A compact JWS of this `typ` over `payload`, with `x5c` if the signer has a certificate.
[[nodiscard]] std::string sign_message(std::string_view type, std::string_view payload, const Signer& signer);
/// The size of such a JWS over a payload of `payload_bytes`.
[[nodiscard]] std::size_t signed_size(std::string_view type, std::size_t payload_bytes, const Signer& signer);

/// Verifies a JWS of this `typ` and returns its payload. `verifier` decides the algorithm, not the header.
[[nodiscard]] std::expected<std::string, std::string> open_message(std::string_view type,
                                                                   std::string_view jws,
                                                                   const Verifier& verifier);

}  // namespace latchkey::protocol
