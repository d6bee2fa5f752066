#pragma once

#include "crypto/key.hpp"

namespace latchkey::crypto {

/// A PKCS#10 request (RFC 2986) from which only the key and the proof of its possession are taken.
class CertificateRequest {
 public:
  /// Reads the structure and the key with a bounded DER walk, no signature checked. `malformed` or
  /// `weak_key`.
  [[nodiscard]] static Result<CertificateRequest> parse(ByteView der);

  [[nodiscard]] const PublicKey& key() const noexcept { return key_; }
  /// The self-signature; the one costly step, so it comes last.
  [[nodiscard]] Result<void> verify_self_signature() const;

 private:
  CertificateRequest(PublicKey key, Bytes signed_part, Bytes signature_algorithm, Bytes signature);
  PublicKey key_;
  Bytes signed_part_;
  Bytes signature_algorithm_;
  Bytes signature_;
};

/// A device's own request: CN = `common_name`, no attributes, signed by `key`. DER.
[[nodiscard]] Bytes make_certificate_request(const PrivateKey& key, std::string_view common_name);

}  // namespace latchkey::crypto
