#pragma once

#include "protocol/answer.hpp"
#include "protocol/signature_proof.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::protocol {

enum class StatusKind { connected, ready, failed, disconnected };

/// A status, sent by a device on its operational connection (docs/protocol.md, 5). A field's comment names
/// the kind that has it.
struct StatusMessage {
  StatusKind kind = StatusKind::disconnected;
  std::string session;
  std::int64_t generation = 0;            ///< connected
  std::string previous;                   ///< connected: the session before; empty: the device names none
  std::int64_t config_version = 0;        ///< ready
  std::optional<std::string> attributes;  ///< ready: a JSON object within the limits
  std::string code;                       ///< failed: at most 64 characters
  std::string message;                    ///< failed: printable ASCII, truncated to limits::message_bytes
};

/// What a device adds to a `connected` that it signs (docs/protocol.md, 5): the signature, which is not
/// checked yet, and the connection that the device speaks over.
struct StatusProof {
  SignatureProof signature;
  std::string host;
  std::uint16_t port = 0;
};

struct ReceivedStatus {
  StatusMessage status;
  std::optional<StatusProof> proof;  ///< of a signed `connected` only
};

/// Decodes a plain status or a signed `connected`. A signed one's device_id must be `topic_id`, the id in the
/// topic. The error names the member.
[[nodiscard]] std::expected<ReceivedStatus, std::string> decode_status(const DeviceId& topic_id,
                                                                       std::string_view payload);
[[nodiscard]] std::string encode_status(const StatusMessage& status);
[[nodiscard]] std::string_view name_of(StatusKind kind) noexcept;

/// For devices: the payload of a signed `connected` over `connection`.
[[nodiscard]] std::string encode_signed_status(const StatusMessage& connected, const std::string& device_id,
                                               const Connection& connection);
/// Signs such a payload under the device's symmetric key, where `kid` is its group, if it has one, or under
/// the `status_key` (protocol/signer.hpp) of its password, where `kid` is the username.
[[nodiscard]] std::string sign_status(std::string_view payload, crypto::ByteView key,
                                      const std::optional<std::string>& kid);
/// Signs such a payload with the private key of the operational certificate that has this SHA-256.
[[nodiscard]] std::string sign_status(std::string_view payload, const crypto::PrivateKey& key,
                                      const crypto::Sha256Digest& certificate);

}  // namespace latchkey::protocol
