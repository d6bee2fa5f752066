#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Device ids and user names.
namespace latchkey::gate {

/// `^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`, as docs/protocol.md has it.
[[nodiscard]] bool is_device_id(std::string_view text);

/// A decimal number without sign and leading zeros.
[[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view text);

/// The generation, if `username` is `ID@GENERATION` with this device's id; else nothing.
[[nodiscard]] std::optional<std::uint64_t> generation_of(std::string_view username,
                                                         std::string_view device_id);

/// Removes the text before the first `end`, and this `end`, and returns that text; all of it if there is no
/// `end`.
[[nodiscard]] std::string_view take_until(std::string_view& text, char end);

}  // namespace latchkey::gate
