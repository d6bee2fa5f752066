#include "crypto/der.hpp"
#include "crypto/issued_certificate.hpp"
#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"
#include "crypto/public_key.hpp"
#include "crypto/signature.hpp"

#include <openssl/x509v3.h>

#include <algorithm>

namespace latchkey::crypto {
namespace {

using der::Tag;

// The extensions of a device certificate (docs/protocol.md, 2) as octets of RFC 5280, 4.2.1: the check must
// not share these with the code that it checks.
constexpr std::array<std::uint8_t, 3> authority_key_identifier_id{0x55, 0x1d, 0x23};
constexpr std::array<std::uint8_t, 3> subject_key_identifier_id{0x55, 0x1d, 0x0e};
constexpr std::array<std::uint8_t, 3> basic_constraints_id{0x55, 0x1d, 0x13};
constexpr std::array<std::uint8_t, 3> key_usage_id{0x55, 0x1d, 0x0f};
constexpr std::array<std::uint8_t, 3> extended_key_usage_id{0x55, 0x1d, 0x25};
constexpr std::array<std::uint8_t, 2> no_ca{0x30, 0x00};
constexpr std::array<std::uint8_t, 4> digital_signature{0x03, 0x02, 0x07, 0x80};
constexpr std::array<std::uint8_t, 12> client_authentication{0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06,
                                                             0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
constexpr std::size_t extension_count = 5;
constexpr std::size_t identifier_size = 20;

bool same(ByteView a, ByteView b) {
  return std::ranges::equal(a, b);
}

bool has(const IssuedCertificate& certificate, ByteView id, bool critical, ByteView value) {
  const auto found = std::ranges::find_if(certificate.extensions,
                                          [&](const IssuedExtension& each) { return same(each.id, id); });
  return found != certificate.extensions.end() && found->critical == critical && same(found->value, value);
}

// RFC 7093, 2, method 1.
bool has_subject_key_identifier(const IssuedCertificate& certificate) {
  const Sha256Digest digest = sha256(subject_public_key(certificate.spki));
  std::array<std::uint8_t, 2 + identifier_size> value{0x04, identifier_size};
  std::copy_n(digest.begin(), identifier_size, value.begin() + 2);
  return has(certificate, subject_key_identifier_id, false, value);
}

// The key identifier in the issuer's certificate, or the one that we would compute where it has none.
Bytes identifier_of(const Certificate& issuer) {
  if (const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(issuer.handle())) {
    const std::uint8_t* const octets = ASN1_STRING_get0_data(own);
    return {octets, octets + ASN1_STRING_length(own)};
  }
  const ASN1_BIT_STRING* const key = X509_get0_pubkey_bitstr(issuer.handle());
  const Sha256Digest digest =
      sha256({ASN1_STRING_get0_data(key), static_cast<std::size_t>(ASN1_STRING_length(key))});
  return {digest.begin(), digest.begin() + identifier_size};
}

bool has_authority_key_identifier(const IssuedCertificate& certificate, const Certificate& issuer) {
  const Bytes identifier = identifier_of(issuer);
  return has(certificate, authority_key_identifier_id, false,
             der::sequence({der::element(Tag::context_0, {identifier})}));
}

bool is_named(ByteView name, const Certificate& issuer) {
  const std::uint8_t* der = nullptr;
  std::size_t size = 0;
  return X509_NAME_get0_der(X509_get_subject_name(issuer.handle()), &der, &size) == 1 &&
         same(name, {der, size});
}

std::optional<Algorithm> algorithm_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return EVP_PKEY_get_bits(key) == 256 ? Algorithm::es256 : Algorithm::es384;
    case EVP_PKEY_RSA:
      return Algorithm::rs256;
    case EVP_PKEY_ED25519:
      return Algorithm::ed25519;
    default:
      return std::nullopt;
  }
}

// RFC 3279, 2.2.3: two positive numbers, neither longer than the curve's order.
bool is_ecdsa_signature(ByteView signature, std::size_t width) {
  der::Reader numbers(der::only(Tag::sequence, signature).value_or(ByteView()));
  const auto r = numbers.take_unsigned();
  const auto s = numbers.take_unsigned();
  return r && s && numbers.done() && !r->empty() && !s->empty() && r->size() <= width && s->size() <= width;
}

bool is_signature(ByteView signature, EVP_PKEY* key, Algorithm algorithm) {
  if (family_of(algorithm) == KeyFamily::ec)
    return is_ecdsa_signature(signature, static_cast<std::size_t>(EVP_PKEY_get_bits(key)) / 8);
  return signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key));
}

/// The field that is wrong, or nothing.
std::string_view wrong_extension(const IssuedCertificate& certificate, const Certificate& issuer) {
  if (certificate.extensions.size() != extension_count) return "number of extensions";
  if (!has(certificate, basic_constraints_id, true, no_ca)) return "basicConstraints";
  if (!has(certificate, key_usage_id, true, digital_signature)) return "keyUsage";
  if (!has(certificate, extended_key_usage_id, false, client_authentication)) return "extended key usage";
  if (!has_subject_key_identifier(certificate)) return "subject key identifier";
  if (!has_authority_key_identifier(certificate, issuer)) return "authority key identifier";
  return {};
}

std::string_view wrong_field(const IssuedCertificate& certificate, const DeviceCertificate& meant,
                             const Certificate& issuer) {
  EVP_PKEY* const issuer_key = X509_get0_pubkey(issuer.handle());
  const auto algorithm = algorithm_of(issuer_key);
  if (!same(certificate.serial, meant.serial)) return "serial number";
  if (!algorithm || !same(certificate.signature_algorithm, signature_algorithm_of(*algorithm).identifier))
    return "signature algorithm";
  if (!is_named(certificate.issuer, issuer)) return "issuer";
  if (certificate.validity.not_before != meant.validity.not_before) return "notBefore";
  if (certificate.validity.not_after != meant.validity.not_after) return "notAfter";
  if (!same(certificate.common_name, as_bytes(meant.common_name))) return "common name";
  if (!same(certificate.spki, meant.key.spki())) return "public key";
  if (!is_signature(certificate.signature, issuer_key, *algorithm)) return "signature";
  return wrong_extension(certificate, issuer);
}

}  // namespace

Result<void> check_issued(ByteView der, const DeviceCertificate& meant, const Certificate& issuer) {
  const Result<IssuedCertificate> certificate = read_issued(der);
  if (!certificate) return fail(Fault::internal, "issued certificate: " + certificate.error().what);
  const std::string_view wrong = wrong_field(*certificate, meant, issuer);
  if (!wrong.empty())
    return fail(Fault::internal, "issued certificate: " + std::string(wrong) + " is not what was meant");
  return {};
}

}  // namespace latchkey::crypto
