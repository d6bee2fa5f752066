#include "crypto/jws.hpp"

#include "crypto/encoding.hpp"
#include "crypto/fail.hpp"
#include "crypto/mac.hpp"

#include <algorithm>
#include <optional>

namespace latchkey::crypto {
namespace {

std::string signing_input_of(std::string_view header, std::string_view payload) {
  return base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
}

/// The end of the third part: the first byte outside the base64url alphabet. Nothing if there is no third
/// part.
std::optional<std::size_t> end_of_jws(std::string_view text) {
  constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::size_t end = std::min(text.find_first_not_of(base64url, second + 1), text.size());
  return end == second + 1 ? std::nullopt : std::optional(end);
}

std::unexpected<Error> no_jws(std::string_view text, std::string_view why) {
  const auto end = end_of_jws(text);
  if (!end || *end == text.size()) return fail(Fault::malformed, std::string(why));
  return fail(Fault::malformed, "bytes after its end at byte " + std::to_string(*end));
}

}  // namespace

Result<CompactJws> parse_compact(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (std::ranges::count(text, '.') != 2) return no_jws(text, "not three parts");
  Result<Bytes> header = base64url_decode(text.substr(0, first));
  Result<Bytes> payload = base64url_decode(text.substr(first + 1, last - first - 1));
  Result<Bytes> signature = base64url_decode(text.substr(last + 1));
  if (!header || header->empty()) return no_jws(text, "protected header is not base64url");
  if (!payload) return no_jws(text, "payload is not base64url");
  if (!signature || signature->empty()) return no_jws(text, "signature is not base64url");
  return CompactJws{*std::move(header), *std::move(payload), *std::move(signature), text.substr(0, last)};
}

// RFC 7518, 3.2: a key must not be shorter than the hash. Above all, an empty key must never verify.
Result<void> verify_hs256(const CompactJws& jws, ByteView key) {
  if (key.size() < sizeof(Sha256Digest)) return fail(Fault::weak_key, "HS256 needs a key of 32 bytes");
  const Sha256Digest expected = hmac_sha256(key, as_bytes(jws.signing_input));
  if (!equal_constant_time(expected, jws.signature)) return fail(Fault::bad_signature, "MAC does not verify");
  return {};
}

Result<void> verify_signature(const CompactJws& jws, const PublicKey& key) {
  return key.verify(as_bytes(jws.signing_input), jws.signature);
}

std::string sign_hs256(std::string_view header, std::string_view payload, ByteView key) {
  std::string jws = signing_input_of(header, payload);
  const Sha256Digest code = hmac_sha256(key, as_bytes(jws));
  return std::move(jws.append(1, '.').append(base64url_encode(code)));
}

std::string sign(std::string_view header, std::string_view payload, const PrivateKey& key) {
  std::string jws = signing_input_of(header, payload);
  const Bytes signature = key.sign(as_bytes(jws));
  return std::move(jws.append(1, '.').append(base64url_encode(signature)));
}

}  // namespace latchkey::crypto
