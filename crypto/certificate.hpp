#pragma once

#include "crypto/key.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

typedef struct x509_st X509;  // declared here so that no OpenSSL header is included

namespace latchkey::crypto {

using Time = std::chrono::sys_seconds;
using Serial = std::array<std::uint8_t, 16>;

/// What marks an answer-signing certificate (docs/protocol.md, 3): the extended key usage id-kp-jwt (RFC
/// 9509, 3), which other signers use too, and a subjectAltName that only such certificates have.
inline constexpr std::string_view answer_signing_usage = "1.3.6.1.5.5.7.3.37";
inline constexpr std::string_view answer_signing_name = "urn:latchkey:answers:v1";

/// A parsed X.509 certificate. Immutable and cheap to copy.
class Certificate {
 public:
  /// From DER. Trailing bytes are refused.
  [[nodiscard]] static Result<Certificate> from_der(ByteView der);
  /// Every certificate of a PEM text, in order; at least one.
  [[nodiscard]] static Result<std::vector<Certificate>> from_pem(ByteView pem);

  [[nodiscard]] ByteView der() const noexcept { return der_; }
  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] std::string common_name() const;
  [[nodiscard]] Bytes serial() const;
  [[nodiscard]] Time not_before() const;
  [[nodiscard]] Time not_after() const;
  [[nodiscard]] bool is_ca() const;
  [[nodiscard]] Sha256Digest fingerprint() const;
  [[nodiscard]] Result<PublicKey> public_key() const;
  /// True if this certificate's signature verifies under `issuer`'s key and the names match.
  [[nodiscard]] bool issued_by(const Certificate& issuer) const;
  /// True if both name the same issuer. No signature is checked.
  [[nodiscard]] bool same_issuer_as(const Certificate& other) const;
  /// True if `answer_signing_usage` is its only extended key usage and critical, the URI
  /// `answer_signing_name` is its only alternative name, and it is no CA.
  [[nodiscard]] bool signs_answers() const;

  /// For the .cpp files of this folder. Never null.
  [[nodiscard]] X509* handle() const noexcept { return handle_.get(); }

 private:
  Certificate(std::shared_ptr<X509> handle, Bytes der);
  std::shared_ptr<X509> handle_;
  Bytes der_;
};

/// A certificate and its private key, checked to belong together.
struct Identity {
  Certificate certificate;
  PrivateKey key;
};

/// From two PEM files. The error names the file.
[[nodiscard]] Result<Identity> load_identity(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key);

/// Every certificate of one PEM file, each with its private key from another PEM file, in the order of the
/// certificates.
[[nodiscard]] Result<std::vector<Identity>> load_identities(const std::filesystem::path& certificates,
                                                            const std::filesystem::path& keys);

struct Validity {
  Time not_before;
  Time not_after;
};

/// A random serial number, positive and not zero (RFC 5280, 4.1.2.2). Of its 128 bits the first is 0 and the
/// second 1, so that its encoding always has 16 bytes.
[[nodiscard]] Serial random_serial();

/// A self-signed CA with pathlen 0 and a new P-256 key.
[[nodiscard]] Identity make_ca(std::string_view common_name, Validity validity);

/// A TLS server's certificate (serverAuth) for these DNS names and IP addresses, with a new P-256 key.
[[nodiscard]] Identity make_server_identity(const Identity& ca, const std::vector<std::string>& hosts,
                                            Validity validity);

/// An answer-signing certificate (see `signs_answers`) with a new P-256 key.
[[nodiscard]] Identity make_signing_identity(const Identity& ca, std::string_view common_name,
                                             Validity validity);

/// The contents of a device certificate. Only the key comes from the CSR; the service sets all other fields.
struct DeviceCertificate {
  std::string_view common_name;
  const PublicKey& key;
  Serial serial;
  Validity validity;
};

/// Signs device certificates: CN, EKU clientAuth, CA:FALSE (critical), keyUsage digitalSignature (critical),
/// subject and authority key identifiers. Precomputes everything that depends on the issuer. Thread-safe.
class Issuer {
 public:
  explicit Issuer(Identity ca);
  ~Issuer();
  Issuer(Issuer&&) noexcept;
  Issuer& operator=(Issuer&&) noexcept;

  [[nodiscard]] const Certificate& certificate() const noexcept;
  /// PublicKey::fingerprint of the CA's key.
  [[nodiscard]] const Sha256Digest& key_fingerprint() const noexcept;
  /// The certificate's DER. Fails only if OpenSSL fails.
  [[nodiscard]] Result<Bytes> issue(const DeviceCertificate& wanted) const;

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
};

/// The key of an answer's signer, after a device's checks: issued directly by one of `anchors`,
/// `signs_answers`, and within its validity at `now`. A null `now` (a device without a clock) skips the
/// validity.
[[nodiscard]] Result<PublicKey> verify_answer_signer(ByteView der, const std::vector<Certificate>& anchors,
                                                     const Time* now);

}  // namespace latchkey::crypto
