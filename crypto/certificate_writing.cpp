#include "crypto/certificate_writing.hpp"

#include "crypto/der.hpp"
#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"
#include "crypto/public_key.hpp"
#include "crypto/signature.hpp"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <cstring>

namespace latchkey::crypto {
namespace {

using der::Tag;

// RFC 5280, 4.2: `critical` is left out when it is false, as DER demands of a default.
Bytes extension(std::string_view oid, bool critical, ByteView value) {
  static constexpr std::array<std::uint8_t, 3> boolean_true{0x01, 0x01, 0xff};
  return der::sequence({der::object_identifier(oid), critical ? ByteView(boolean_true) : ByteView(),
                        der::element(Tag::octet_string, {value})});
}

Bytes basic_constraints(ByteView content) {
  return extension("2.5.29.19", true, der::sequence({content}));
}

// A BIT STRING of named bits: without trailing zero bits (X.690, 11.2.2).
Bytes key_usage(std::uint8_t unused_bits, std::uint8_t bits) {
  const std::array<std::uint8_t, 2> content{unused_bits, bits};
  return extension("2.5.29.15", true, der::element(Tag::bit_string, {content}));
}

// RFC 7093, 2, method 1.
Bytes identifier_of(const PublicKey& key) {
  const Sha256Digest digest = sha256(subject_public_key(key.spki()));
  return {digest.begin(), digest.begin() + 20};
}

Bytes general_name(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    std::array<std::uint8_t, sizeof v4> octets{};
    std::memcpy(octets.data(), &v4, sizeof v4);
    return der::element(Tag::context_7, {octets});
  }
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    std::array<std::uint8_t, sizeof v6> octets{};
    std::memcpy(octets.data(), &v6, sizeof v6);
    return der::element(Tag::context_7, {octets});
  }
  return der::element(Tag::context_2, {as_bytes(host)});
}

Bytes alternative_names(ByteView names) {
  return extension("2.5.29.17", false, der::sequence({names}));
}

}  // namespace

Bytes name_with(std::string_view common_name) {
  static constexpr std::array<std::uint8_t, 5> cn{0x06, 0x03, 0x55, 0x04, 0x03};
  const Bytes attribute = der::sequence({cn, der::element(Tag::utf8_string, {as_bytes(common_name)})});
  return der::sequence({der::element(Tag::set, {attribute})});
}

Bytes subject_of(const Certificate& certificate) {
  return openssl::encoded<i2d_X509_NAME>(X509_get_subject_name(certificate.handle()));
}

Bytes ca_constraints() {
  static constexpr std::array<std::uint8_t, 6> ca_with_pathlen_0{0x01, 0x01, 0xff, 0x02, 0x01, 0x00};
  constexpr std::uint8_t cert_sign_and_crl_sign = 0x06;
  return der::concatenate({basic_constraints(ca_with_pathlen_0), key_usage(1, cert_sign_and_crl_sign)});
}

Bytes end_entity_constraints() {
  constexpr std::uint8_t digital_signature = 0x80;
  return der::concatenate({basic_constraints({}), key_usage(7, digital_signature)});
}

Bytes extended_key_usage(std::string_view usage, bool critical) {
  return extension("2.5.29.37", critical, der::sequence({der::object_identifier(usage)}));
}

Bytes subject_key_identifier(const PublicKey& key) {
  // Encoded beforehand (2.5.29.14): this runs for every device.
  static constexpr std::array<std::uint8_t, 5> oid{0x06, 0x03, 0x55, 0x1d, 0x0e};
  const Bytes value = der::element(Tag::octet_string, {identifier_of(key)});
  return der::sequence({oid, der::element(Tag::octet_string, {value})});
}

Bytes authority_key_identifier(const Certificate& issuer) {
  Bytes identifier;
  if (const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(issuer.handle())) {
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(own));
    identifier.assign(ASN1_STRING_get0_data(own), ASN1_STRING_get0_data(own) + size);
  } else if (const Result<PublicKey> key = issuer.public_key()) {
    identifier = identifier_of(*key);
  } else {
    die("an issuer whose key is not accepted");
  }
  return extension("2.5.29.35", false, der::sequence({der::element(Tag::context_0, {identifier})}));
}

Bytes subject_alternative_names(const std::vector<std::string>& hosts) {
  Bytes names;
  for (const std::string& host : hosts)
    names = der::concatenate({names, general_name(host)});
  return alternative_names(names);
}

Bytes alternative_uri(std::string_view uri) {
  return alternative_names(der::element(Tag::context_6, {as_bytes(uri)}));
}

Result<Bytes> sign_certificate(const CertificateFields& fields, const PrivateKey& issuer_key) {
  static constexpr std::array<std::uint8_t, 5> version_3{0xa0, 0x03, 0x02, 0x01, 0x02};
  const Bytes validity =
      der::sequence({der::time(fields.validity.not_before), der::time(fields.validity.not_after)});
  const Bytes extensions = der::element(Tag::constructed_3, {der::sequence({fields.extensions})});
  const Bytes to_be_signed =
      der::sequence({version_3, der::unsigned_integer(fields.serial),
                     signature_algorithm_of(issuer_key.algorithm()).identifier, fields.issuer, validity,
                     fields.subject, fields.key.spki(), extensions});
  return sign_structure(to_be_signed, issuer_key);
}

}  // namespace latchkey::crypto
