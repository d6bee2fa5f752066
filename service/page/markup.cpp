#include "service/page/markup.hpp"

#include <fmt/format.h>

namespace latchkey::service {
namespace {

/// The length of a leading invisible character in UTF-8, or 0: C1 controls, and the direction marks,
/// embeddings, overrides and isolates of UAX 9.
std::size_t length_of_invisible(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return 2;  // U+061C
  if (byte(0) != 0xE2) return 0;
  const bool marks =
      byte(1) == 0x80 && ((byte(2) >= 0x8B && byte(2) <= 0x8F) || (byte(2) >= 0xA8 && byte(2) <= 0xAE));
  const bool isolates = byte(1) == 0x81 && byte(2) >= 0xA0 && byte(2) <= 0xAF;
  return marks || isolates ? 3 : 0;
}

std::string_view entity_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

Markup& Markup::text(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
  while (!text.empty()) {
    std::size_t size = 1;
    const char c = text.front();
    const auto entity = entity_of(c);
    if (!entity.empty()) {
      html_ += entity;
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      html_ += replacement;
    } else if (const auto invisible = length_of_invisible(text); invisible != 0) {
      html_ += replacement;
      size = invisible;
    } else {
      html_ += c;
    }
    text.remove_prefix(size);
  }
  return *this;
}

Markup& Markup::count(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  html_ += digits;
  return *this;
}

Markup& Markup::number(double number) {
  html_ += fmt::format("{:.2f}", number);
  return *this;
}

}  // namespace latchkey::service
