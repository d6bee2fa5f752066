#include "gate/names.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::gate {
namespace {

constexpr std::size_t longest_id = 64;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool may_follow(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == ':' || c == '-';
}

}  // namespace

bool is_device_id(std::string_view text) {
  return !text.empty() && text.size() <= longest_id && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, may_follow);
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  const bool is_canonical = text == "0" || (!text.empty() && text.front() >= '1' && text.front() <= '9');
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!is_canonical || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> generation_of(std::string_view username, std::string_view device_id) {
  if (!username.starts_with(device_id)) return std::nullopt;
  username.remove_prefix(device_id.size());
  if (!username.starts_with('@')) return std::nullopt;
  return read_number(username.substr(1));
}

std::string_view take_until(std::string_view& text, char end) {
  const auto at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

}  // namespace latchkey::gate
