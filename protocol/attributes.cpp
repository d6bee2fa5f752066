#include "protocol/attributes.hpp"

#include "protocol/json.hpp"

#include <cmath>

namespace latchkey::protocol {
namespace {

using json::Value;

bool is_scalar(const Value& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

/// True for a number such as 1e16: a double from 2^53 on is a whole number. The registry would return it as
/// an integer, which our JSON reader refuses as too large.
bool is_beyond_integers(const Value& value) {
  return value.is_number_float() &&
         std::abs(value.get<double>()) >= static_cast<double>(limits::json_integer);
}

void check_attribute(const json::Reader& in, const std::string& name, const Value& value) {
  // Do not quote a name that does not match the pattern: it holds whatever the sender chose.
  if (!json::is_member_name(name))
    return in.complain("attributes", "a name must match ^[a-z][a-z0-9_]{0,31}$");
  const auto member = "attributes." + name;
  if (is_beyond_integers(value)) return in.complain(member, "must not be a whole number beyond 2^53-1");
  if (!is_scalar(value)) return in.complain(member, "must be a string, number or boolean");
  if (name != "last_error" || !value.is_string()) return;
  if (json::count_characters(value.get_ref<const std::string&>()) > limits::last_error_chars)
    in.complain(member, "must be at most 128 characters");
}

}  // namespace

std::optional<std::string> read_attributes(const json::Reader& in) {
  const auto* attributes = in.find("attributes");
  if (attributes == nullptr) return std::nullopt;
  auto text = in.optional_object_text("attributes");
  if (!text) return std::nullopt;
  if (attributes->size() > limits::attribute_members)
    in.complain("attributes", "must have at most 32 members");
  if (text->size() > limits::attribute_bytes) in.complain("attributes", "must be at most 2048 bytes of JSON");
  for (const auto& [name, value] : attributes->items())
    check_attribute(in, name, value);
  return text;
}

}  // namespace latchkey::protocol
