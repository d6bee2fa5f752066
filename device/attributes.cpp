#include "device/attributes.hpp"

#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace latchkey::device {
namespace {

using Json = nlohmann::json;
namespace limits = protocol::limits;

bool is_name(std::string_view name) {
  constexpr std::size_t longest = 32;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= longest && is_lower(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

/// An integer from 2^53 on is no valid attribute (docs/protocol.md), so a long serial number stays a string.
bool is_attribute(const Json& json) {
  return json.is_boolean() ||
         (json.is_number() && std::abs(json.get<double>()) < static_cast<double>(limits::json_integer));
}

Json value_of(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  return is_attribute(json) ? json : Json(text);
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::expected<std::string, std::string> parse_attributes(const std::vector<std::string>& pairs) {
  auto attributes = Json::object();
  for (const std::string_view pair : pairs) {
    const auto equals = pair.find('=');
    const auto name = pair.substr(0, equals);
    if (equals == std::string_view::npos || !is_name(name))
      return std::unexpected("'" + std::string(pair) + "' is not name=value with a name of a-z, 0-9 and _");
    attributes[std::string(name)] = value_of(pair.substr(equals + 1));
  }
  auto text = text_of(attributes);
  if (attributes.size() > limits::attribute_members || text.size() > limits::attribute_bytes)
    return std::unexpected("there are more than 32 attributes, or they are longer than 2 KiB");
  return text;
}

std::string with_last_error(const std::string& attributes, std::string_view last_error) {
  if (last_error.empty()) return attributes;
  auto json = Json::parse(attributes, nullptr, false);
  std::string text(last_error.substr(0, limits::last_error_chars));
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c > 0x7E; }, '?');
  json["last_error"] = text;
  auto out = text_of(json);
  return json.size() <= limits::attribute_members && out.size() <= limits::attribute_bytes ? out : attributes;
}

}  // namespace latchkey::device
