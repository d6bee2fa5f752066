#pragma once

#include "crypto/certificate.hpp"

#include <optional>

namespace latchkey::crypto {

/// Where a device's certificate has the device's id (docs/protocol.md, 2).
enum class NameKind {
  common_name,    ///< subject, 2.5.4.3
  dns_name,       ///< subjectAltName, dNSName
  uri,            ///< subjectAltName, uniformResourceIdentifier
  serial_number,  ///< subject, 2.5.4.5; not the certificate's own number
};

/// The one value of this kind. None or several, an empty one, another string type than UTF8String,
/// PrintableString or IA5String, or a byte that is not printable ASCII is `refused`: what names nobody for
/// certain names nobody, and what comes back may be logged and stored as it is.
[[nodiscard]] Result<std::string> identity_in(const Certificate& leaf, NameKind kind);

/// SHA-256 over the DER of the issuer's and of the subject's Name; nothing if these bytes are no certificate
/// up to there. A walk over the outermost fields that costs a microsecond, no parsing, nothing verified. RFC
/// 5280, 4.1.2.6 wants an issuer named by the very bytes of its subject, so equal digests find a CA.
[[nodiscard]] std::optional<Sha256Digest> issuer_name_digest(ByteView certificate_der);
[[nodiscard]] std::optional<Sha256Digest> subject_name_digest(ByteView certificate_der);

/// A CA that devices' factory certificates lead to. It may be an intermediate CA: exactly this certificate is
/// trusted, and nothing above it is looked at. Immutable and cheap to copy; may be used from several threads.
class TrustAnchor {
 public:
  /// The most certificates that `verify` takes, as many as a request has (docs/protocol.md, 2).
  static constexpr std::size_t longest_chain = 5;

  /// `refused` if it is no CA by its basicConstraints, or has a keyUsage without keyCertSign, or an extended
  /// key usage with neither clientAuth nor anyExtendedKeyUsage.
  [[nodiscard]] static Result<TrustAnchor> from(const Certificate& ca);

  /// The leaf of a chain that leads to this CA at `now`, as OpenSSL checks it (RFC 5280, 6): names, CAs and
  /// their path lengths, key usages, name constraints, unknown critical extensions, validity of every
  /// certificate and of this CA, keys and hashes of at least 112 bits.
  /// Beyond that: the chain is in order, leaf first, and every certificate in it is needed, but the CA itself
  /// may be its last; signatures are of the algorithms that are accepted in requests, so neither SHA-1 nor
  /// MD5. The leaf is no CA, its key is one that PublicKey accepts, its keyUsage, if it has one, has
  /// digitalSignature, and its extended key usage, if it has one, has clientAuth or anyExtendedKeyUsage: a CA
  /// that also certifies servers or code does not thereby make devices of them. The same holds of the
  /// extended key usage of each CA. Not checked: revocation. A device is refused by its own enrolment or
  /// state, a CA by its group. `malformed`, `weak_key` or `refused`; the error says what is wrong with which
  /// certificate, for operators.
  [[nodiscard]] Result<Certificate> verify(std::span<const Bytes> chain_leaf_first_der, Time now) const;
  /// The same where the leaf is read already: reading a certificate costs more than verifying one.
  [[nodiscard]] Result<Certificate> verify(const Certificate& leaf, std::span<const Bytes> above,
                                           Time now) const;

 private:
  struct Prepared;
  explicit TrustAnchor(std::shared_ptr<const Prepared> prepared);
  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace latchkey::crypto
