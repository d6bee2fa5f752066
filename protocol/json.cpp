#include "protocol/json.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::protocol::json {
namespace {

constexpr std::int64_t greatest_integer = limits::json_integer - 1;

/// Checks the bounds while it builds the value, so that no document is traversed twice or built beyond its
/// bounds. Implements the SAX interface of the parser; returning false stops the parser.
class Builder {
 public:
  Builder(Value& root, Bounds bounds) : root_(root), bounds_(bounds) { open_.reserve(bounds.depth); }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(std::int64_t value) {
    return value >= -greatest_integer ? put(value) : refuse_value(beyond_integers);
  }
  bool number_unsigned(std::uint64_t value) {
    return value <= static_cast<std::uint64_t>(greatest_integer) ? put(value) : refuse_value(beyond_integers);
  }
  bool number_float(double value, const std::string& text) {
    // The parser turns an integer beyond 64 bits into a double, rounded in silence. Refuse it.
    return text.find_first_of(".eE") != std::string::npos ? put(value) : refuse_value(beyond_integers);
  }
  bool string(std::string& value) { return has_nul(value) ? refuse_value("U+0000") : put(std::move(value)); }
  bool binary(Value::binary_t&) { return false; }

  bool start_object(std::size_t) { return open(Value::object()); }
  bool start_array(std::size_t) { return open(Value::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (has_nul(name)) return refuse("has U+0000 in a name");
    if (++keys_ > bounds_.keys) return refuse("has more than " + std::to_string(bounds_.keys) + " keys");
    const auto [place, is_new] = open_.back()->emplace(name, nullptr);
    if (!is_new) return refuse("has " + (is_member_name(name) ? name : "a member") + " twice");
    slot_ = &*place;
    name_ = place.key();
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Value::exception& error) {
    if (complete_) return refuse(after_the_end);
    if (dynamic_cast<const Value::out_of_range*>(&error) != nullptr)
      return refuse_value("a number beyond a double");
    return refuse("is not valid JSON at byte " + std::to_string(position));
  }

  [[nodiscard]] std::string take_fault() { return std::move(fault_); }
  static constexpr const char* after_the_end = "has bytes after its end";

 private:
  static constexpr const char* beyond_integers = "an integer beyond 2^53-1";

  /// "has <what> in <the last key>": the device learns which member is wrong.
  bool refuse_value(const char* what) {
    return refuse(std::string("has ") + what + " in " + (is_member_name(name_) ? name_ : "a member"));
  }
  bool refuse(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
    return false;
  }
  static bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }
  bool put(Value value) { return place(std::move(value)) != nullptr; }
  Value* place(Value value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
    return &(*slot_ = std::move(value));
  }
  bool open(Value container) {
    if (open_.size() == bounds_.depth) return refuse("is deeper than " + std::to_string(bounds_.depth));
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    complete_ = open_.empty();
    return true;
  }

  Value& root_;
  Bounds bounds_;
  std::vector<Value*> open_;  ///< the open objects and arrays, outermost first; the pointers stay valid,
                              ///< since no open array grows
  Value* slot_ = nullptr;     ///< where the value of the last key goes
  std::string name_;          ///< the last key
  std::size_t keys_ = 0;
  bool complete_ = false;  ///< the outermost object was closed
  std::string fault_;
};

/// The end of the first object in a text. The object must be valid.
std::size_t end_of_object(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\')
      ++at;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && c == '{')
      ++depth;
    else if (!quoted && c == '}' && --depth == 0)
      return at + 1;
  }
  return text.size();
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::expected<void, std::string> parse_into(Value& out, std::string_view text, Bounds bounds) {
  if (!text.starts_with('{')) return std::unexpected("is not a JSON object");
  // The parser stops at a NUL byte and would ignore what follows it.
  const auto end = std::min(text.find('\0'), text.size());
  const auto read = text.substr(0, end);
  Builder builder(out, bounds);
  const bool ok = Value::sax_parse(read.data(), read.data() + read.size(), &builder);
  if (ok && end == text.size()) return {};
  auto fault = ok ? std::string(Builder::after_the_end) : builder.take_fault();
  if (fault == Builder::after_the_end)
    return std::unexpected(fault + " at byte " + std::to_string(end_of_object(text)));
  if (end < text.size())
    return std::unexpected("is not valid JSON: byte " + std::to_string(end + 1) + " is a NUL");
  return std::unexpected(std::move(fault));
}

std::expected<Value, std::string> parse(std::string_view text, Bounds bounds) {
  Value value;
  if (auto parsed = parse_into(value, text, bounds); !parsed)
    return std::unexpected(std::move(parsed).error());
  return value;
}

std::string write(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

void append_member(std::string& object, std::string_view name, std::string_view value) {
  object.pop_back();
  object.append(",\"").append(name).append("\":").append(value).append("}");
}

bool is_any(std::string_view) {
  return true;
}

bool is_base64url(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

bool is_member_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && is_lower(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, limits::message_bytes));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace latchkey::protocol::json
