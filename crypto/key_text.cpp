#include "crypto/key_text.hpp"

#include "crypto/encoding.hpp"
#include "crypto/fail.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF";
constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=";

bool has(std::string_view text, std::string_view any_of) {
  return text.find_first_of(any_of) != std::string_view::npos;
}

bool is_made_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// The encoding that the text has instead of base64, as half a sentence; empty if none is recognized.
std::string_view seen_in(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.starts_with("\xEF\xBB\xBF")) return "it begins with a byte order mark";
  if (text.contains("-----BEGIN")) return "it is PEM";
  if (has(text, "\r\n")) return "it has more than one line, or a blank one";
  if (has(text, " \t")) return "it has white space";
  if (has(text, "\"'`")) return "it has quotes";
  // One base64 text in 2,048 begins like this, too: only digits behind it make it hexadecimal.
  if ((text.starts_with("0x") || text.starts_with("0X")) && is_made_of(text.substr(2), hexadecimal))
    return "it is hexadecimal, with 0x";
  if (is_made_of(text, hexadecimal) || (has(text, ":") && is_made_of(text, "0123456789abcdefABCDEF:")))
    return "it is hexadecimal";
  // Digits but no lower-case letter: base64 of a random key has both, base64 of equal bytes mostly neither.
  if (is_made_of(text, base32) && has(text, "234567")) return "it is base32";
  return {};
}

}  // namespace

Result<Secret> read_key_text(std::string_view text, std::size_t min, std::size_t max) {
  if (const auto seen = seen_in(text); !seen.empty()) return fail(Fault::malformed, std::string(seen));
  Result<Bytes> bytes = base64_decode(text);
  if (!bytes) bytes = base64url_decode(text);
  if (!bytes) return fail(Fault::malformed, "it is neither base64 nor base64url");
  Secret key{ByteView(*bytes)};
  wipe({reinterpret_cast<char*>(bytes->data()), bytes->size()});
  if (key.size() < min || key.size() > max)
    return fail(Fault::malformed, "it is base64 of " + std::to_string(key.size()) + " bytes");
  return key;
}

}  // namespace latchkey::crypto
