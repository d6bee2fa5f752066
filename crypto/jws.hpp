#pragma once

#include "crypto/key.hpp"

namespace latchkey::crypto {

/// A JWS Compact Serialization taken apart (RFC 7515, 7.1), nothing verified.
struct CompactJws {
  Bytes header;  ///< the protected header's JSON
  Bytes payload;
  Bytes signature;
  std::string_view signing_input;  ///< the first two parts, within the text that was parsed
};

/// Exactly three strict base64url parts.
[[nodiscard]] Result<CompactJws> parse_compact(std::string_view text);

/// RFC 7518, 3.2. Constant time in the MAC's value.
[[nodiscard]] Result<void> verify_hs256(const CompactJws& jws, ByteView key);
[[nodiscard]] Result<void> verify_signature(const CompactJws& jws, const PublicKey& key);

/// header and payload as JSON texts; the header's `alg` is the caller's to set rightly.
[[nodiscard]] std::string sign_hs256(std::string_view header, std::string_view payload, ByteView key);
[[nodiscard]] std::string sign(std::string_view header, std::string_view payload, const PrivateKey& key);

}  // namespace latchkey::crypto
