#pragma once

#include "crypto/certificate.hpp"

// Private to this folder: encodes certificates (RFC 5280, 4.1). Not by OpenSSL's functions: they decode the
// subject's public key again, which costs more than the rest of an issuance.
namespace latchkey::crypto {

/// Name with one UTF8String CN (RFC 5280, 4.1.2.4).
[[nodiscard]] Bytes name_with(std::string_view common_name);
/// The DER of a certificate's subject, byte for byte: the issuer's name in the certificates that it issues.
[[nodiscard]] Bytes subject_of(const Certificate& certificate);

/// basicConstraints and keyUsage (RFC 5280, 4.2.1.9 and 4.2.1.3), both critical.
[[nodiscard]] Bytes ca_constraints();
[[nodiscard]] Bytes end_entity_constraints();
/// `usage` as a dotted object identifier (RFC 5280, 4.2.1.12).
[[nodiscard]] Bytes extended_key_usage(std::string_view usage, bool critical);
[[nodiscard]] Bytes subject_key_identifier(const PublicKey& key);
/// The key identifier from the issuer's certificate (RFC 5280, 4.2.1.1).
[[nodiscard]] Bytes authority_key_identifier(const Certificate& issuer);
/// dNSName or iPAddress for each (RFC 5280, 4.2.1.6).
[[nodiscard]] Bytes subject_alternative_names(const std::vector<std::string>& hosts);
/// One uniformResourceIdentifier.
[[nodiscard]] Bytes alternative_uri(std::string_view uri);

/// Names and extensions are DER; the extensions are concatenated.
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
