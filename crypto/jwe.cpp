#include "crypto/jwe.hpp"

#include "crypto/encoding.hpp"
#include "crypto/fail.hpp"
#include "crypto/mac.hpp"

namespace latchkey::crypto {
namespace {

constexpr std::size_t part_count = 5;

std::expected<std::array<std::string_view, part_count>, Error> split(std::string_view text) {
  std::array<std::string_view, part_count> parts;
  for (std::size_t index = 0; index < part_count; ++index) {
    const bool is_last = index + 1 == part_count;
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != is_last) return fail(Fault::malformed, "not five parts");
    parts[index] = text.substr(0, dot);
    if (!is_last) text.remove_prefix(dot + 1);
  }
  return parts;
}

}  // namespace

Result<CompactJwe> parse_compact_jwe(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  const auto& [protected_header, encrypted_key, iv_text, ciphertext_text, tag_text] = *parts;
  Result<Bytes> header = base64url_decode(protected_header);
  Result<Bytes> iv = base64url_decode(iv_text);
  Result<Bytes> ciphertext = base64url_decode(ciphertext_text);
  Result<Bytes> tag = base64url_decode(tag_text);
  if (!header || header->empty()) return fail(Fault::malformed, "protected header is not base64url");
  // RFC 7516, 5.2, step 10: with direct key agreement or a direct key the encrypted key must be empty.
  if (!encrypted_key.empty()) return fail(Fault::malformed, "encrypted key is not empty");
  if (!iv || iv->size() != aead_iv_bytes) return fail(Fault::malformed, "IV is not 96 bits of base64url");
  if (!ciphertext) return fail(Fault::malformed, "ciphertext is not base64url");
  // RFC 7518, 5.3: OpenSSL accepts a shorter GCM tag too, but that is easier to forge.
  if (!tag || tag->size() != aead_tag_bytes)
    return fail(Fault::malformed, "tag is not 128 bits of base64url");
  return CompactJwe{*std::move(header), *std::move(iv), *std::move(ciphertext), *std::move(tag),
                    protected_header};
}

Result<Secret> decrypt(const CompactJwe& jwe, ByteView key) {
  return aead_decrypt(key, jwe.iv, as_bytes(jwe.associated_data), jwe.ciphertext, jwe.tag);
}

std::string encrypt(std::string_view header, std::string_view plaintext, ByteView key) {
  std::string jwe = base64url_encode(as_bytes(header));
  const Bytes iv = random_bytes(aead_iv_bytes);
  const AeadText sealed = aead_encrypt(key, iv, as_bytes(jwe), as_bytes(plaintext));
  jwe.append("..").append(base64url_encode(iv));
  jwe.append(".").append(base64url_encode(sealed.ciphertext));
  return std::move(jwe.append(".").append(base64url_encode(sealed.tag)));
}

}  // namespace latchkey::crypto
