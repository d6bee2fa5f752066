#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::protocol {

/// A device's name: `^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`, case-sensitive (docs/protocol.md, 1). There is no
/// other way to one than `parse`, so whatever holds a DeviceId may build a topic, a subject or an SQL
/// parameter from it.
class DeviceId {
 public:
  [[nodiscard]] static std::optional<DeviceId> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const DeviceId&, const DeviceId&) = default;

 private:
  explicit DeviceId(std::string_view text) : text_(text) {}
  std::string text_;
};

/// What keeps a text from being a device's id, for whoever typed it: "it begins with -, and not with a letter
/// or digit". Empty if nothing does. A group's name has the same shape.
[[nodiscard]] std::string fault_of_id(std::string_view text);

}  // namespace latchkey::protocol
