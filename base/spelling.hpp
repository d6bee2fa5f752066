#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace latchkey {

/// The Levenshtein distance: how many insertions, deletions and replacements of bytes turn `a` into `b`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name`, if near enough for `name` to be a typing error of it.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name,
                                                      std::span<const std::string_view> candidates);

}  // namespace latchkey
