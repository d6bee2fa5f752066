#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::protocol {

/// A device's name: `^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`, case-sensitive (docs/protocol.md, 1). Only `parse`
/// makes one, so every DeviceId is safe in a topic, a certificate's subject or an SQL parameter.
class DeviceId {
 public:
  [[nodiscard]] static std::optional<DeviceId> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const DeviceId&, const DeviceId&) = default;

 private:
  explicit DeviceId(std::string_view text) : text_(text) {}
  std::string text_;
};

/// Why a text is not a device id, for an operator: "it begins with -, and not with a letter or digit". Empty
/// if it is one. Group names follow the same rule.
[[nodiscard]] std::string fault_of_id(std::string_view text);

}  // namespace latchkey::protocol
