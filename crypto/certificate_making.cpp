#include "crypto/certificate_writing.hpp"
#include "crypto/der.hpp"
#include "crypto/fail.hpp"
#include "crypto/mac.hpp"

namespace latchkey::crypto {
namespace {

constexpr std::string_view server_authentication = "1.3.6.1.5.5.7.3.1";

Identity identity_of(const Result<Bytes>& der, const PrivateKey& key) {
  if (!der) die(der.error().what);
  Result<Certificate> certificate = Certificate::from_der(*der);
  if (!certificate) die(certificate.error().what);
  return {*std::move(certificate), key};
}

Identity make_end_entity(const Identity& ca, std::string_view common_name, ByteView usage,
                         Validity validity) {
  const PrivateKey key = PrivateKey::generate_p256();
  const Bytes issuer = subject_of(ca.certificate);
  const Bytes subject = name_with(common_name);
  const Bytes extensions =
      der::concatenate({end_entity_constraints(), usage, subject_key_identifier(key.public_key()),
                        authority_key_identifier(ca.certificate)});
  const CertificateFields fields{random_serial(), issuer, validity, subject, key.public_key(), extensions};
  return identity_of(sign_certificate(fields, ca.key), key);
}

}  // namespace

Serial random_serial() {
  Serial serial{};
  fill_random(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40);
  return serial;
}

Identity make_ca(std::string_view common_name, Validity validity) {
  const PrivateKey key = PrivateKey::generate_p256();
  const Bytes name = name_with(common_name);
  const Bytes extensions = der::concatenate({ca_constraints(), subject_key_identifier(key.public_key())});
  const CertificateFields fields{random_serial(), name, validity, name, key.public_key(), extensions};
  return identity_of(sign_certificate(fields, key), key);
}

Identity make_server_identity(const Identity& ca, const std::vector<std::string>& hosts, Validity validity) {
  if (hosts.empty()) die("a server certificate needs a host name");
  const Bytes usage =
      der::concatenate({extended_key_usage(server_authentication, false), subject_alternative_names(hosts)});
  return make_end_entity(ca, hosts.front(), usage, validity);
}

Identity make_signing_identity(const Identity& ca, std::string_view common_name, Validity validity) {
  const Bytes usage = der::concatenate(
      {extended_key_usage(answer_signing_usage, true), alternative_uri(answer_signing_name)});
  return make_end_entity(ca, common_name, usage, validity);
}

}  // namespace latchkey::crypto
