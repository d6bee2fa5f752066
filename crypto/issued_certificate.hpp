#pragma once

#include "crypto/certificate.hpp"

namespace latchkey::crypto {

/// One extension of a certificate (RFC 5280, 4.1.2.9).
struct IssuedExtension {
  ByteView id;  ///< content octets of the object identifier
  bool critical;
  ByteView value;  ///< what the OCTET STRING holds
};

/// The fields of a certificate made by our Issuer. The views point into the DER that was read.
struct IssuedCertificate {
  ByteView serial;               ///< magnitude, without leading zeros
  ByteView signature_algorithm;  ///< DER of the AlgorithmIdentifier, equal in both places of a certificate
  ByteView issuer;               ///< DER of the Name
  Validity validity;
  ByteView common_name;  ///< the subject's one attribute, a UTF8String
  ByteView spki;         ///< DER
  std::vector<IssuedExtension> extensions;
  ByteView signature;
};

/// Parses an issued certificate with code that shares only the DER of one element with the code that writes
/// it: version 3, a subject of one CN, DER times, no unique identifiers, 1 to 8 extensions, no trailing byte.
/// Any other certificate is `malformed`, even a valid one. Verifies nothing.
[[nodiscard]] Result<IssuedCertificate> read_issued(ByteView der);

/// Checks that every field of `der` is as in `meant` and that there is no other field, so that a bug in the
/// writer or broken memory does not become a credential: a certificate that was sent cannot be taken back.
/// The signature must be well-formed and of the issuer's algorithm; verifying it would cost more than the
/// whole issuance. The error is `internal` and names the field.
[[nodiscard]] Result<void> check_issued(ByteView der, const DeviceCertificate& meant,
                                        const Certificate& issuer);

}  // namespace latchkey::crypto
