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

/// The three keys that a device's symmetric key K stands for (docs/protocol.md, 3).
[[nodiscard]] crypto::Secret answer_key(crypto::ByteView device_key);
[[nodiscard]] crypto::Secret sealing_key(crypto::ByteView device_key);
/// The key of one device of a group: HMAC-SHA256(group key, device_id), 32 bytes.
[[nodiscard]] crypto::Secret device_key(crypto::ByteView group_key, std::string_view device_id);

/// With what the service signs what it says to one device: the answer key of a symmetric proof (32 bytes), or
/// its own signing identity, which outlives every signer that names it.
using Signer = std::variant<crypto::Secret, const crypto::Identity*>;

/// With what a device checks it: its answer key, or the service anchors installed in it.
struct ServiceAnchors {
  std::vector<crypto::Certificate> certificates;
  std::optional<crypto::Time> now;         ///< nothing: the device does not know it, dates are skipped ...
  std::optional<crypto::Time> earliest{};  ///< ... but for a signer that ended before this is none any more
};
using Verifier = std::variant<crypto::Secret, ServiceAnchors>;

inline constexpr std::string_view request_type = "provisioning-request+jws";
inline constexpr std::string_view response_type = "provisioning-response+jws";
inline constexpr std::string_view config_type = "provisioning-config+jws";

/// A JWS of this `typ` over `payload`, with `x5c` where a certificate signs.
[[nodiscard]] std::string sign_message(std::string_view type, std::string_view payload, const Signer& signer);

/// The payload of a JWS of this `typ`, signed as `verifier` demands: the algorithm is fixed before the header
/// is read.
[[nodiscard]] std::expected<std::string, std::string> open_message(std::string_view type,
                                                                   std::string_view jws,
                                                                   const Verifier& verifier);

}  // namespace latchkey::protocol
