#pragma once

#include "crypto/key.hpp"

namespace latchkey::crypto {

/// The parts of a JWS Compact Serialization (RFC 7515, 7.1), not verified.
struct CompactJws {
  Bytes header;  ///< the protected header's JSON
  Bytes payload;
  Bytes signature;
  std::string_view signing_input;  ///< the first two parts, within the text that was parsed
};

/// `malformed` unless the text is exactly three strict base64url parts.
[[nodiscard]] Result<CompactJws> parse_compact(std::string_view text);

/// HS256 (RFC 7518, 3.2). Compares the MAC in constant time.
[[nodiscard]] Result<void> verify_hs256(const CompactJws& jws, ByteView key);
[[nodiscard]] Result<void> verify_signature(const CompactJws& jws, const PublicKey& key);

/// Make a compact JWS. `header` and `payload` are JSON; the caller sets the header's `alg`.
[[nodiscard]] std::string sign_hs256(std::string_view header, std::string_view payload, ByteView key);
[[nodiscard]] std::string sign(std::string_view header, std::string_view payload, const PrivateKey& key);

}  // namespace latchkey::crypto
