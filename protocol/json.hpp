#pragma once

// Private to this folder's .cpp files: the only header that includes nlohmann/json.

#include "crypto/bytes.hpp"
#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::protocol::json {

using Value = nlohmann::json;

/// The greatest depth and number of keys of a document. The outermost object has depth 1.
struct Bounds {
  std::size_t depth;
  std::size_t keys;
};
/// For messages from devices: requests, JOSE headers, statuses.
inline constexpr Bounds message_bounds{limits::json_depth, limits::json_keys};
/// For configurations: 3 KiB of JSON cannot hold more keys.
inline constexpr Bounds config_bounds{limits::json_depth, limits::config_bytes / 6};
/// For messages from the service, which may contain a configuration. Their size on the wire is limited.
inline constexpr Bounds answer_bounds{limits::json_depth + 1, limits::answer_bytes / 6};

/// Strict: an object from the first byte on, UTF-8, no key twice, no U+0000 in any string, integers within
/// +-(2^53-1), finite numbers, `bounds` kept. After an error `out` holds what was read until then. The error
/// is printable ASCII of bounded length and quotes a key only if `is_member_name`.
[[nodiscard]] std::expected<void, std::string> parse_into(Value& out, std::string_view text, Bounds bounds);
[[nodiscard]] std::expected<Value, std::string> parse(std::string_view text, Bounds bounds);

/// Compact.
[[nodiscard]] std::string write(const Value& value);

/// Appends a member to the text of a JSON object that has at least one. `value` is JSON text.
void append_member(std::string& object, std::string_view name, std::string_view value);

/// A rule for a string, and the error text where it does not hold.
struct TextRule {
  bool (*holds)(std::string_view);
  std::string_view otherwise;
};
[[nodiscard]] bool is_any(std::string_view text);
[[nodiscard]] bool is_base64url(std::string_view text);
/// `^[a-z][a-z0-9_]{0,31}$`: the names of attributes, and of every member of this protocol.
[[nodiscard]] bool is_member_name(std::string_view text);
inline constexpr TextRule any_text{is_any, ""};

/// The number of Unicode code points in valid UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);
/// Printable ASCII ('?' for everything else), at most `limits::message_bytes`.
[[nodiscard]] std::string printable(std::string_view text);

/// Reads the members of one object. Keeps the first error in `fault` as "member: what is wrong" and goes on
/// with empty values, so that a decoder is a plain list of members.
class Reader {
 public:
  /// `object` and `fault` must outlive the reader. `inside` is the name of a nested object, for error texts.
  Reader(const Value& object, std::string& fault, std::string_view inside = {});

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] const Value* find(std::string_view name) const;
  void complain(std::string_view name, std::string_view what) const;
  /// True after an error of any reader of the same message.
  [[nodiscard]] bool complained() const noexcept { return !fault_.empty(); }

  [[nodiscard]] std::string text(std::string_view name, TextRule rule = any_text) const;
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name,
                                                         TextRule rule = any_text) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name) const;
  /// A required member: not empty, strict base64 of a DER structure.
  [[nodiscard]] crypto::Bytes der(std::string_view name) const;
  /// A required array of `least` to `most` such strings.
  [[nodiscard]] std::vector<crypto::Bytes> ders(std::string_view name, std::size_t least,
                                                std::size_t most) const;
  /// Strict base64url of exactly `size` bytes.
  [[nodiscard]] crypto::Bytes base64url(std::string_view name, std::size_t size) const;
  /// An optional array of at most `most` strings that follow the rule; missing: none.
  [[nodiscard]] std::vector<std::string> optional_texts(std::string_view name, std::size_t most,
                                                        TextRule rule = any_text) const;
  [[nodiscard]] Reader object(std::string_view name) const;
  /// A JSON object, compact.
  [[nodiscard]] std::optional<std::string> optional_object_text(std::string_view name) const;
  /// False if `critical` lists a member that is not in `known`; that is no error. It is an error if
  /// `critical` is no list of names.
  [[nodiscard]] bool knows_critical(std::initializer_list<std::string_view> known) const;

 private:
  [[nodiscard]] const Value* require(std::string_view name) const;
  [[nodiscard]] const std::string* string_at(const Value* value, std::string_view name) const;
  const Value& object_;
  std::string& fault_;
  std::string_view inside_;
};

}  // namespace latchkey::protocol::json
