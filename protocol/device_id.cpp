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

}  // namespace

std::optional<DeviceId> DeviceId::parse(std::string_view text) {
  if (text.empty() || text.size() > 64 || !is_alphanumeric(text.front())) return std::nullopt;
  if (!std::ranges::all_of(text, is_id_character)) return std::nullopt;
  return DeviceId(text);
}

}  // namespace latchkey::protocol
