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

std::unexpected<Error> no_request(std::string_view why) {
  return fail(Fault::malformed, "not a PKCS#10 request: " + std::string(why));
}

/// The content of the outermost SEQUENCE.
Result<ByteView> content_of(ByteView der) {
  if (der.empty() || der[0] != static_cast<std::uint8_t>(Tag::sequence))
    return no_request("it does not begin with a SEQUENCE (byte 30); is something before its DER?");
  der::Reader reader(der);
  const auto request = reader.take(Tag::sequence);
  if (!request) return no_request("it is cut short, or its first length is not in DER's form");
  if (!reader.done())
    return no_request("bytes after its DER, which ends at byte " + std::to_string(request->whole.size()));
  return request->content;
}

// CertificationRequestInfo (RFC 2986, 4.1). The grammar requires an empty set where there are no attributes,
// but some devices omit it; attributes are not used, so both forms are accepted.
Result<ByteView> key_in(ByteView info) {
  der::Reader fields(info);
  const auto version = fields.take_unsigned();
  if (!version || !version->empty()) return no_request("its version is not v1, written 0");
  const auto subject = fields.take(Tag::sequence);
  const auto key = fields.take(Tag::sequence);
  static_cast<void>(fields.take(Tag::constructed_0));
  if (!subject || !key || !fields.done())
    return no_request("after its version it is not subject, key and attributes");
  return key->whole;
}

// CertificationRequest (RFC 2986, 4.2).
Result<Fields> split(ByteView der) {
  const Result<ByteView> content = content_of(der);
  if (!content) return std::unexpected(content.error());
  der::Reader fields(*content);
  const auto info = fields.take(Tag::sequence);
  const auto algorithm = fields.take(Tag::sequence);
  const auto signature = fields.take_bits();
  if (!info || !algorithm || !signature || !fields.done())
    return no_request("it is not what is signed, algorithm and signature");
  const Result<ByteView> key = key_in(info->content);
  if (!key) return std::unexpected(key.error());
  return Fields{info->whole, *key, algorithm->whole, *signature};
}

std::string_view why_not_accepted(ByteView algorithm) {
  if (has_wrong_parameters(algorithm))
    return "signature algorithm has wrong parameters: none belong to ECDSA and Ed25519, NULL to RSA";
  return "signature algorithm is not accepted";
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
  const Result<Fields> fields = split(der);
  if (!fields) return std::unexpected(fields.error());
  Result<PublicKey> key = PublicKey::from_spki(fields->key);
  if (!key) return std::unexpected(std::move(key.error()));
  const SignatureAlgorithm* algorithm = find_signature_algorithm(fields->signature_algorithm);
  if (algorithm == nullptr)
    return fail(Fault::malformed, std::string(why_not_accepted(fields->signature_algorithm)));
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
