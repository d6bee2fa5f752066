#pragma once

#include "crypto/certificate.hpp"

#include <optional>

namespace latchkey::crypto {

/// The field of a factory certificate that contains the device's id (docs/protocol.md, 2).
enum class NameKind {
  common_name,    ///< subject, 2.5.4.3
  dns_name,       ///< subjectAltName, dNSName
  uri,            ///< subjectAltName, uniformResourceIdentifier
  serial_number,  ///< subject, 2.5.4.5; not the certificate's serial number
};

/// The only value of this kind. `refused`: no value, several, an empty one, a string type other than
/// UTF8String, PrintableString and IA5String, or a byte that is not printable ASCII. So the name is
/// unambiguous and safe to log and to store.
[[nodiscard]] Result<std::string> identity_in(const Certificate& leaf, NameKind kind);

/// SHA-256 of the DER of the issuer's or of the subject's Name; nothing if the bytes up to there are no
/// certificate. Reads the outermost fields only, which takes a microsecond, and verifies nothing. RFC 5280,
/// 4.1.2.6 requires that a certificate names its issuer by the same bytes as the issuer's subject, so equal
/// digests find the CA.
[[nodiscard]] std::optional<Sha256Digest> issuer_name_digest(ByteView certificate_der);
[[nodiscard]] std::optional<Sha256Digest> subject_name_digest(ByteView certificate_der);

/// A CA that issues devices' factory certificates, directly or through others. It may be an intermediate CA:
/// exactly this certificate is trusted, and its own issuer is not checked. Immutable, cheap to copy,
/// thread-safe.
class TrustAnchor {
 public:
  /// The most certificates that `verify` accepts, as many as a request may have (docs/protocol.md, 2).
  static constexpr std::size_t longest_chain = 5;

  /// `refused` if it is no CA by its basicConstraints, or has a keyUsage without keyCertSign, or an extended
  /// key usage with neither clientAuth nor anyExtendedKeyUsage.
  [[nodiscard]] static Result<TrustAnchor> from(const Certificate& ca);

  /// Verifies a chain up to this CA at `now` and returns its leaf. OpenSSL checks (RFC 5280, 6): names, CAs
  /// and their path lengths, key usages, name constraints, unknown critical extensions, validity of every
  /// certificate and of this CA, keys and hashes of at least 112 bits. Beyond that: the chain is in order,
  /// leaf first, without a superfluous certificate, except that the CA itself may be the last; signature
  /// algorithms are those accepted in requests, so neither SHA-1 nor MD5. The leaf is no CA, its key is one
  /// that PublicKey accepts, its keyUsage, if it has one, has digitalSignature, and its extended key usage,
  /// if it has one, has clientAuth or anyExtendedKeyUsage: a server's or a code-signing certificate of the
  /// same CA is not a device's. The same holds for the extended key usage of each CA. Not checked:
  /// revocation. A device is refused by its own enrolment or state, a CA by its group. `malformed`,
  /// `weak_key` or `refused`; the error tells an operator which certificate is wrong, and why.
  [[nodiscard]] Result<Certificate> verify(std::span<const Bytes> chain_leaf_first_der, Time now) const;
  /// The same for a leaf that is parsed already: parsing a certificate costs more than verifying it.
  [[nodiscard]] Result<Certificate> verify(const Certificate& leaf, std::span<const Bytes> above,
                                           Time now) const;

 private:
  struct Prepared;
  explicit TrustAnchor(std::shared_ptr<const Prepared> prepared);
  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace latchkey::crypto
