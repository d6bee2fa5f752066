#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// The names that the gate knows devices by.
namespace latchkey::gate {

/// `^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`, as docs/protocol.md has it.
[[nodiscard]] bool is_device_id(std::string_view text);

/// A decimal number without sign and leading zeros.
[[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view text);

/// The generation in the user name `ID@GENERATION` of this device's password; nothing if it is another name.
[[nodiscard]] std::optional<std::uint64_t> generation_of(std::string_view username,
                                                         std::string_view device_id);

/// Takes the text up to `end` off the front, and `end` with it; all of it if `end` does not occur.
[[nodiscard]] std::string_view take_until(std::string_view& text, char end);

}  // namespace latchkey::gate
