#include "crypto/encoding.hpp"

#include "crypto/fail.hpp"

#include <optional>

namespace latchkey::crypto {
namespace {

struct Alphabet {
  std::array<char, 64> characters;
  std::array<std::uint8_t, 256> values;
};

constexpr std::uint8_t no_value = 0xff;

constexpr Alphabet alphabet_ending_in(std::string_view last_two) {
  Alphabet alphabet{};
  constexpr std::string_view common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  alphabet.values.fill(no_value);
  for (std::uint8_t value = 0; value < 64; ++value) {
    const char character = value < 62 ? common[value] : last_two[value - 62U];
    alphabet.characters[value] = character;
    alphabet.values[static_cast<unsigned char>(character)] = value;
  }
  return alphabet;
}

constexpr Alphabet standard = alphabet_ending_in("+/");
constexpr Alphabet url_safe = alphabet_ending_in("-_");

std::string encode(ByteView bytes, const Alphabet& alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    pending = (pending << 8 | byte) & 0xffffU;
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      text.push_back(alphabet.characters[pending >> bits & 0x3f]);
    }
  }
  if (bits > 0) text.push_back(alphabet.characters[pending << (6 - bits) & 0x3f]);
  return text;
}

// RFC 4648, 3.5: the unused bits of the last character must be zero, or two texts would mean the same bytes.
std::optional<Bytes> decode(std::string_view text, const Alphabet& alphabet) {
  if (text.size() % 4 == 1) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char character : text) {
    const std::uint8_t value = alphabet.values[static_cast<unsigned char>(character)];
    if (value == no_value) return std::nullopt;
    pending = (pending << 6 | value) & 0xffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(pending >> bits & 0xff));
    }
  }
  if ((pending & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string base64url_encode(ByteView bytes) {
  return encode(bytes, url_safe);
}

Result<Bytes> base64url_decode(std::string_view text) {
  std::optional<Bytes> bytes = decode(text, url_safe);
  if (!bytes) return fail(Fault::malformed, "not base64url");
  return std::move(*bytes);
}

std::string base64_encode(ByteView bytes) {
  std::string text = encode(bytes, standard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

Result<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return fail(Fault::malformed, "not base64: incomplete padding");
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
    text.remove_suffix(1);
  std::optional<Bytes> bytes = decode(text, standard);
  if (!bytes) return fail(Fault::malformed, "not base64");
  return std::move(*bytes);
}

}  // namespace latchkey::crypto
