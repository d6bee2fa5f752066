#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace latchkey {

/// How many letters have to be put in, taken out or replaced to make `b` of `a`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// What was probably meant by `name`: the candidate next to it, if it is near enough to be a slip.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name,
                                                      std::span<const std::string_view> candidates);

}  // namespace latchkey
