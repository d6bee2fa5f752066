#include "protocol/device_id.hpp"

#include <algorithm>

namespace latchkey::protocol {
namespace {

// Not std::isalnum: the alphabet must not depend on the locale.
bool is_alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_id_character(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == ':' || c == '-';
}

constexpr std::size_t most_characters = 64;

/// A character in a form that any terminal can show.
std::string shown(char c) {
  if (c == ' ') return "a space";
  if (c > ' ' && c <= '~') return {c};
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("the byte 0x") + digits[byte >> 4U] + digits[byte & 15U];
}

}  // namespace

std::optional<DeviceId> DeviceId::parse(std::string_view text) {
  if (text.empty() || text.size() > most_characters || !is_alphanumeric(text.front())) return std::nullopt;
  if (!std::ranges::all_of(text, is_id_character)) return std::nullopt;
  return DeviceId(text);
}

std::string fault_of_id(std::string_view text) {
  if (DeviceId::parse(text)) return {};
  if (text.empty()) return "it is empty";
  if (const auto* const odd = std::ranges::find_if_not(text, is_id_character); odd != text.end())
    return "it has " + shown(*odd) + ": letters, digits and . _ : - only";
  if (text.size() > most_characters)
    return "it has " + std::to_string(text.size()) + " characters: 64 at most";
  return "it begins with " + shown(text.front()) + ", and not with a letter or digit";
}

}  // namespace latchkey::protocol
