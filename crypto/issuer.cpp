#include "crypto/certificate_writing.hpp"
#include "crypto/der.hpp"

namespace latchkey::crypto {
namespace {

constexpr std::string_view client_authentication = "1.3.6.1.5.5.7.3.2";

Bytes common_extensions(const Certificate& ca) {
  return der::concatenate({end_entity_constraints(), extended_key_usage(client_authentication, false),
                           authority_key_identifier(ca)});
}

}  // namespace

struct Issuer::Prepared {
  explicit Prepared(Identity identity)
      : ca(std::move(identity)),
        name(subject_of(ca.certificate)),
        extensions(common_extensions(ca.certificate)) {}

  Identity ca;
  Bytes name;
  Bytes extensions;  ///< all but the subject key identifier
};

Issuer::Issuer(Identity ca) : prepared_(std::make_unique<const Prepared>(std::move(ca))) {}
Issuer::~Issuer() = default;
Issuer::Issuer(Issuer&&) noexcept = default;
Issuer& Issuer::operator=(Issuer&&) noexcept = default;

const Certificate& Issuer::certificate() const noexcept {
  return prepared_->ca.certificate;
}

const Sha256Digest& Issuer::key_fingerprint() const noexcept {
  return prepared_->ca.key.public_key().fingerprint();
}

Result<Bytes> Issuer::issue(const DeviceCertificate& wanted) const {
  const Bytes subject = name_with(wanted.common_name);
  const Bytes extensions = der::concatenate({prepared_->extensions, subject_key_identifier(wanted.key)});
  const CertificateFields fields{wanted.serial, prepared_->name, wanted.validity,
                                 subject,       wanted.key,      extensions};
  return sign_certificate(fields, prepared_->ca.key);
}

}  // namespace latchkey::crypto
