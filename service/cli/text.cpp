#include "service/cli/text.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace latchkey::cli {
namespace {

/// The length of the UTF-8 character at the beginning; 0: there is none.
std::size_t character_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80U   ? 1
                             : first < 0xC2U ? 0
                             : first < 0xE0U ? 2
                             : first < 0xF0U ? 3
                             : first < 0xF5U ? 4
                                             : 0;
  if (length > text.size() ||
      !std::ranges::all_of(text.substr(1, length > 0 ? length - 1 : 0), continues_character))
    return 0;
  return length;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  // C1 controls are C2 80 to C2 9F in UTF-8: some terminals obey them too.
  if (first == 0xC2U) return static_cast<unsigned char>(character[1]) < 0xA0U;
  return first < ' ' || first == 0x7FU;
}

}  // namespace

std::string without_controls(std::string_view text, std::string_view kept) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const auto length = character_at(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0)
      plain += '?';
    else if (is_control(character) && !kept.contains(character))
      plain.append(character.size(), ' ');
    else
      plain.append(character);
    text.remove_prefix(character.size());
  }
  return plain;
}

}  // namespace latchkey::cli
