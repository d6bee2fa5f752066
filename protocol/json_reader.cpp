#include "crypto/encoding.hpp"
#include "protocol/json.hpp"

#include <algorithm>

namespace latchkey::protocol::json {
namespace {

constexpr std::string_view not_base64 = "must be base64 of DER";

std::optional<crypto::Bytes> der_of(const Value& value) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->empty()) return std::nullopt;
  auto bytes = crypto::base64_decode(*text);
  if (!bytes) return std::nullopt;
  return *std::move(bytes);
}

}  // namespace

Reader::Reader(const Value& object, std::string& fault, std::string_view inside)
    : object_(object), fault_(fault), inside_(inside) {}

const Value* Reader::find(std::string_view name) const {
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

void Reader::complain(std::string_view name, std::string_view what) const {
  if (!fault_.empty()) return;
  if (!inside_.empty()) fault_.append(inside_).append(".");
  fault_.append(name).append(": ").append(what);
}

const Value* Reader::require(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) complain(name, "is missing");
  return value;
}

const std::string* Reader::string_at(const Value* value, std::string_view name) const {
  if (value == nullptr) return nullptr;
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) complain(name, "must be a string");
  return text;
}

std::string Reader::text(std::string_view name, TextRule rule) const {
  return require(name) == nullptr ? std::string() : optional_text(name, rule).value_or("");
}

std::optional<std::string> Reader::optional_text(std::string_view name, TextRule rule) const {
  const auto* text = string_at(find(name), name);
  if (text == nullptr) return std::nullopt;
  if (!rule.holds(*text)) {
    complain(name, rule.otherwise);
    return std::nullopt;
  }
  return *text;
}

std::int64_t Reader::integer(std::string_view name) const {
  return require(name) == nullptr ? 0 : optional_integer(name).value_or(0);
}

std::optional<std::int64_t> Reader::optional_integer(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned()) {
    complain(name, "must be an integer, 0 to 2^53-1");
    return std::nullopt;
  }
  return value->get<std::int64_t>();  // the parser refuses larger ones
}

bool Reader::boolean(std::string_view name) const {
  const auto* value = require(name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  complain(name, "must be true or false");
  return false;
}

crypto::Bytes Reader::der(std::string_view name) const {
  const auto* value = require(name);
  if (value == nullptr) return {};
  auto bytes = der_of(*value);
  if (!bytes) complain(name, not_base64);
  return bytes ? *std::move(bytes) : crypto::Bytes();
}

std::vector<crypto::Bytes> Reader::ders(std::string_view name, std::size_t least, std::size_t most) const {
  std::vector<crypto::Bytes> all;
  const auto* value = require(name);
  if (value == nullptr) return all;
  if (!value->is_array() || value->size() < least || value->size() > most) {
    complain(name,
             "must be an array of " + std::to_string(least) + " to " + std::to_string(most) + " strings");
    return all;
  }
  for (const auto& item : *value) {
    auto bytes = der_of(item);
    if (!bytes) complain(name, not_base64);
    if (bytes) all.push_back(*std::move(bytes));
  }
  return all;
}

std::vector<std::string> Reader::optional_texts(std::string_view name, std::size_t most,
                                                TextRule rule) const {
  std::vector<std::string> all;
  const auto* value = find(name);
  if (value == nullptr) return all;
  if (!value->is_array() || value->size() > most) {
    complain(name, "must be an array of at most " + std::to_string(most) + " strings");
    return all;
  }
  for (const auto& item : *value) {
    const auto* text = string_at(&item, name);
    if (text != nullptr && !rule.holds(*text)) complain(name, rule.otherwise);
    if (text != nullptr) all.push_back(*text);
  }
  return all;
}

crypto::Bytes Reader::base64url(std::string_view name, std::size_t size) const {
  const auto* text = string_at(require(name), name);
  if (text == nullptr) return {};
  auto bytes = crypto::base64url_decode(*text);
  if (bytes && bytes->size() == size) return *std::move(bytes);
  complain(name, "must be " + std::to_string(size) + " bytes in base64url");
  return {};
}

Reader Reader::object(std::string_view name) const {
  static const Value nothing = Value::object();
  const auto* value = require(name);
  if (value != nullptr && value->is_object()) return {*value, fault_, name};
  complain(name, "must be an object");
  return {nothing, fault_, name};
}

std::optional<std::string> Reader::optional_object_text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return write(*value);
  complain(name, "must be an object");
  return std::nullopt;
}

bool Reader::knows_critical(std::initializer_list<std::string_view> known) const {
  const auto* critical = find("critical");
  if (critical == nullptr) return true;
  const bool is_list = critical->is_array() &&
                       std::ranges::all_of(*critical, [](const Value& name) { return name.is_string(); });
  if (!is_list) complain("critical", "must be an array of member names");
  return !is_list || std::ranges::all_of(*critical, [&](const Value& name) {
    return name == "critical" || std::ranges::find(known, name.get_ref<const std::string&>()) != known.end();
  });
}

}  // namespace latchkey::protocol::json
