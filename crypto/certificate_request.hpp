#pragma once

#include "crypto/key.hpp"

namespace latchkey::crypto {

/// A PKCS#10 request (RFC 2986). Only its key and the proof of possession are used.
class CertificateRequest {
 public:
  /// Parses the structure and the key in bounded time, without checking the signature. Errors: `malformed`,
  /// `weak_key`.
  [[nodiscard]] static Result<CertificateRequest> parse(ByteView der);

  [[nodiscard]] const PublicKey& key() const noexcept { return key_; }
  /// Verifies the self-signature. Call it last: it is the one expensive step.
  [[nodiscard]] Result<void> verify_self_signature() const;

 private:
  CertificateRequest(PublicKey key, Bytes signed_part, Bytes signature_algorithm, Bytes signature);
  PublicKey key_;
  Bytes signed_part_;
  Bytes signature_algorithm_;
  Bytes signature_;
};

/// Makes a device's request: CN = `common_name`, no attributes, signed by `key`. DER.
[[nodiscard]] Bytes make_certificate_request(const PrivateKey& key, std::string_view common_name);

}  // namespace latchkey::crypto
