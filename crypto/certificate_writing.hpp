#pragma once

#include "crypto/certificate.hpp"

// Private to this folder: the DER of certificates (RFC 5280, 4.1). Written out here because OpenSSL's own way
// to build a certificate decodes the subject's key once more, which costs more than all the rest of an
// issuance.
namespace latchkey::crypto {

/// Name with one UTF8String CN (RFC 5280, 4.1.2.4).
[[nodiscard]] Bytes name_with(std::string_view common_name);
/// The subject as it stands in a certificate, byte for byte: what the certificates it issues must name.
[[nodiscard]] Bytes subject_of(const Certificate& certificate);

/// How far the key may be used, RFC 5280, 4.2.1.9 and 4.2.1.3, both critical.
[[nodiscard]] Bytes ca_constraints();
[[nodiscard]] Bytes end_entity_constraints();
/// `usage` as a dotted object identifier (RFC 5280, 4.2.1.12).
[[nodiscard]] Bytes extended_key_usage(std::string_view usage, bool critical);
[[nodiscard]] Bytes subject_key_identifier(const PublicKey& key);
/// The issuer's own identifier of its key, as it stands in its certificate (RFC 5280, 4.2.1.1).
[[nodiscard]] Bytes authority_key_identifier(const Certificate& issuer);
/// dNSName or iPAddress for each (RFC 5280, 4.2.1.6).
[[nodiscard]] Bytes subject_alternative_names(const std::vector<std::string>& hosts);
/// One uniformResourceIdentifier.
[[nodiscard]] Bytes alternative_uri(std::string_view uri);

/// Names and extensions are DER, the extensions one after the other.
struct CertificateFields {
  Serial serial;
  ByteView issuer;
  Validity validity;
  ByteView subject;
  const PublicKey& key;
  ByteView extensions;
};

[[nodiscard]] Result<Bytes> sign_certificate(const CertificateFields& fields, const PrivateKey& issuer_key);

}  // namespace latchkey::crypto
