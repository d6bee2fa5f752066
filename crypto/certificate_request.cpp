#include "crypto/certificate_request.hpp"

#include "crypto/certificate_writing.hpp"
#include "crypto/der.hpp"
#include "crypto/fail.hpp"
#include "crypto/signature.hpp"

namespace latchkey::crypto {
namespace {

using der::Tag;

constexpr std::array<std::uint8_t, 3> version_1{0x02, 0x01, 0x00};

struct Fields {
  ByteView signed_part;
  ByteView key;
  ByteView signature_algorithm;
  ByteView signature;
};

// CertificationRequestInfo. Some devices leave the attributes out where the grammar wants an empty set; they
// are not used, so both forms pass.
std::optional<ByteView> key_in(ByteView info) {
  der::Reader fields(info);
  const auto version = fields.take_unsigned();
  const auto subject = fields.take(Tag::sequence);
  const auto key = fields.take(Tag::sequence);
  static_cast<void>(fields.take(Tag::constructed_0));
  if (!version || !version->empty() || !subject || !key || !fields.done()) return std::nullopt;
  return key->whole;
}

// CertificationRequest (RFC 2986, 4.2).
std::optional<Fields> split(ByteView der) {
  const std::optional<ByteView> content = der::only(Tag::sequence, der);
  if (!content) return std::nullopt;
  der::Reader fields(*content);
  const auto info = fields.take(Tag::sequence);
  const auto algorithm = fields.take(Tag::sequence);
  const auto signature = fields.take_bits();
  if (!info || !algorithm || !signature || !fields.done()) return std::nullopt;
  const std::optional<ByteView> key = key_in(info->content);
  if (!key) return std::nullopt;
  return Fields{info->whole, *key, algorithm->whole, *signature};
}

Bytes copy_of(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

CertificateRequest::CertificateRequest(PublicKey key, Bytes signed_part, Bytes signature_algorithm,
                                       Bytes signature)
    : key_(std::move(key)),
      signed_part_(std::move(signed_part)),
      signature_algorithm_(std::move(signature_algorithm)),
      signature_(std::move(signature)) {}

Result<CertificateRequest> CertificateRequest::parse(ByteView der) {
  const std::optional<Fields> fields = split(der);
  if (!fields) return fail(Fault::malformed, "not a PKCS#10 request");
  Result<PublicKey> key = PublicKey::from_spki(fields->key);
  if (!key) return std::unexpected(std::move(key.error()));
  const SignatureAlgorithm* algorithm = find_signature_algorithm(fields->signature_algorithm);
  if (algorithm == nullptr) return fail(Fault::malformed, "signature algorithm is not accepted");
  if (algorithm->family != family_of(key->algorithm())) {
    return fail(Fault::malformed, "signature algorithm does not fit the key");
  }
  return CertificateRequest(*std::move(key), copy_of(fields->signed_part),
                            copy_of(fields->signature_algorithm), copy_of(fields->signature));
}

Result<void> CertificateRequest::verify_self_signature() const {
  const SignatureAlgorithm* algorithm = find_signature_algorithm(signature_algorithm_);
  if (algorithm == nullptr) return fail(Fault::internal, "signature algorithm was not checked");
  return verify_x509(key_.handle(), algorithm->hash, signed_part_, signature_);
}

Bytes make_certificate_request(const PrivateKey& key, std::string_view common_name) {
  const Bytes info = der::sequence(
      {version_1, name_with(common_name), key.public_key().spki(), der::element(Tag::constructed_0, {})});
  Result<Bytes> request = sign_structure(info, key);
  if (!request) die(request.error().what);
  return *std::move(request);
}

}  // namespace latchkey::crypto
