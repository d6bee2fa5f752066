#include "base/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace latchkey {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates) {
  if (candidates.empty() || name.size() > 100) return std::nullopt;
  const auto distance = [name](std::string_view candidate) { return edit_distance(name, candidate); };
  const auto best = *std::ranges::min_element(candidates, {}, distance);
  // Up to a third of the letters may be wrong in a typing error; with more it is another word.
  if (distance(best) > std::max<std::size_t>(2, best.size() / 3)) return std::nullopt;
  return best;
}

}  // namespace latchkey
