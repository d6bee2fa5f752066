#pragma once

#include <string>
#include <string_view>

namespace latchkey {

/// The words one after the other, with `separator` between them.
template <class Words>
[[nodiscard]] std::string joined(const Words& words, std::string_view separator) {
  std::string text;
  bool first = true;
  for (const auto& word : words) {
    if (!first) text.append(separator);
    text.append(word);
    first = false;
  }
  return text;
}

}  // namespace latchkey
