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
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  std::size_t at = 0;
  std::uint32_t pending = 0;
  const auto put = [&](unsigned shift) { text[at++] = alphabet.characters[pending >> shift & 0x3fU]; };
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    pending = std::uint32_t{bytes[0]} << 16U | std::uint32_t{bytes[1]} << 8U | bytes[2];
    for (const unsigned shift : {18U, 12U, 6U, 0U})
      put(shift);
  }
  if (bytes.empty()) return text;
  pending = std::uint32_t{bytes[0]} << 16U | (bytes.size() > 1 ? std::uint32_t{bytes[1]} << 8U : 0U);
  put(18);
  put(12);
  if (bytes.size() > 1) put(6);
  return text;
}

// RFC 4648, 3.5: the unused bits of the last character must be zero; otherwise two texts would decode to the
// same bytes.
std::optional<Bytes> decode(std::string_view text, const Alphabet& alphabet) {
  if (text.size() % 4 == 1) return std::nullopt;
  Bytes bytes(text.size() * 3 / 4);
  std::size_t at = 0;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char character : text) {
    const std::uint8_t value = alphabet.values[static_cast<unsigned char>(character)];
    if (value == no_value) return std::nullopt;
    pending = pending << 6U | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = static_cast<std::uint8_t>(pending >> bits & 0xffU);
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
