#pragma once

#include "crypto/certificate.hpp"

namespace latchkey::crypto {

/// One extension as it stands in a certificate (RFC 5280, 4.1.2.9).
struct IssuedExtension {
  ByteView id;  ///< content octets of the object identifier
  bool critical;
  ByteView value;  ///< what the OCTET STRING holds
};

/// The fields of a certificate of the one shape that our Issuer makes. The views are into the DER that was
/// read.
struct IssuedCertificate {
  ByteView serial;               ///< magnitude, without leading zeros
  ByteView signature_algorithm;  ///< DER of the AlgorithmIdentifier, the same in both places
  ByteView issuer;               ///< DER of the Name
  Validity validity;
  ByteView common_name;  ///< the subject's one attribute, a UTF8String
  ByteView spki;         ///< DER
  std::vector<IssuedExtension> extensions;
  ByteView signature;
};

/// Reads it again, by a walk that shares nothing with the code that writes it but the DER of one element:
/// version 3, a subject of one CN, times in their one DER form, no unique identifiers, 1 to 8 extensions, no
/// byte left over. Every other certificate is `malformed`, a good one included. Verifies nothing.
[[nodiscard]] Result<IssuedCertificate> read_issued(ByteView der);

/// Checks field by field that `der` says what was meant and not a thing more or less, so that no mistake in
/// the writer, and no broken memory, becomes a credential: a certificate cannot be called back once it is
/// sent. The signature must be of the issuer's algorithm and well-formed; it is not verified, since that
/// would cost more than the whole issuance. `internal`; the error names the field.
[[nodiscard]] Result<void> check_issued(ByteView der, const DeviceCertificate& meant,
                                        const Certificate& issuer);

}  // namespace latchkey::crypto
