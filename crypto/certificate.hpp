#pragma once

#include "crypto/key.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

typedef struct x509_st X509;  // OpenSSL's, named here so that its headers stay out of ours

namespace latchkey::crypto {

using Time = std::chrono::sys_seconds;
using Serial = std::array<std::uint8_t, 16>;

/// What tells a certificate that signs answers (docs/protocol.md, 3): its extended key usage, id-kp-jwt (RFC
/// 9509, 3), which other signers have too, and its name, which no other has.
inline constexpr std::string_view answer_signing_usage = "1.3.6.1.5.5.7.3.37";
inline constexpr std::string_view answer_signing_name = "urn:latchkey:answers:v1";

/// A parsed X.509 certificate. Immutable and cheap to copy.
class Certificate {
 public:
  /// DER, trailing bytes refused.
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
  /// True if both say that the same issuer issued them: by name, no signature is checked.
  [[nodiscard]] bool same_issuer_as(const Certificate& other) const;
  /// True if its one extended key usage is `answer_signing_usage`, marked critical, its one alternative name
  /// the URI `answer_signing_name`, and it is no CA.
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

/// Every certificate of a PEM file, each with its key out of another, in the order of the certificates.
[[nodiscard]] Result<std::vector<Identity>> load_identities(const std::filesystem::path& certificates,
                                                            const std::filesystem::path& keys);

struct Validity {
  Time not_before;
  Time not_after;
};

/// 128 random bits as RFC 5280, 4.1.2.2 wants them: positive, not zero. The top bit is always 0 and the next
/// is always 1, so that the encoding is always 16 bytes.
[[nodiscard]] Serial random_serial();

/// A self-signed CA with pathlen 0 and a new P-256 key.
[[nodiscard]] Identity make_ca(std::string_view common_name, Validity validity);

/// serverAuth for these DNS names and IP addresses, with a new P-256 key.
[[nodiscard]] Identity make_server_identity(const Identity& ca, const std::vector<std::string>& hosts,
                                            Validity validity);

/// For signing answers only: `answer_signing_usage`, critical, and `answer_signing_name`, with a new P-256
/// key.
[[nodiscard]] Identity make_signing_identity(const Identity& ca, std::string_view common_name,
                                             Validity validity);

/// What a device certificate says. Subject, usages and validity are the service's; the key is the CSR's.
struct DeviceCertificate {
  std::string_view common_name;
  const PublicKey& key;
  Serial serial;
  Validity validity;
};

/// Signs device certificates: CN, EKU clientAuth, CA:FALSE (critical), keyUsage digitalSignature (critical),
/// subject and authority key identifiers. Holds everything about the issuer ready. May be used from several
/// threads.
class Issuer {
 public:
  explicit Issuer(Identity ca);
  ~Issuer();
  Issuer(Issuer&&) noexcept;
  Issuer& operator=(Issuer&&) noexcept;

  [[nodiscard]] const Certificate& certificate() const noexcept;
  /// Of its public key, as PublicKey has it.
  [[nodiscard]] const Sha256Digest& key_fingerprint() const noexcept;
  /// DER of the certificate. Fails only if OpenSSL does.
  [[nodiscard]] Result<Bytes> issue(const DeviceCertificate& wanted) const;

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
};

/// The signer of an answer, as a device checks it: issued directly by one of `anchors`, `signs_answers`, and
/// inside its validity at `now` (skipped when there is no clock).
[[nodiscard]] Result<PublicKey> verify_answer_signer(ByteView der, const std::vector<Certificate>& anchors,
                                                     const Time* now);

}  // namespace latchkey::crypto
