#pragma once

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
  std::int64_t config_version = 0;        ///< ready
  std::optional<std::string> attributes;  ///< ready: a JSON object within the limits
  std::string code;                       ///< failed: at most 64 characters
  std::string message;                    ///< failed: printable ASCII, truncated to limits::message_bytes
};

/// The error names the member.
[[nodiscard]] std::expected<StatusMessage, std::string> decode_status(std::string_view payload);
[[nodiscard]] std::string encode_status(const StatusMessage& status);
[[nodiscard]] std::string_view name_of(StatusKind kind) noexcept;

}  // namespace latchkey::protocol
