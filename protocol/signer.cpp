#include "protocol/signer.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/jose_header.hpp"
#include "protocol/json.hpp"
#include "protocol/limits.hpp"

namespace latchkey::protocol {
namespace {

using crypto::Algorithm;

crypto::Result<void> verify(const crypto::CompactJws& jws, const JoseHeader&, const crypto::Secret& key) {
  return crypto::verify_hs256(jws, key.view());
}

crypto::Result<void> verify(const crypto::CompactJws& jws, const JoseHeader& header,
                            const ServiceAnchors& anchors) {
  const auto refuse = [](const char* why) {
    return std::unexpected(crypto::Error{crypto::Fault::refused, why});
  };
  if (header.x5c.size() != 1) return refuse("x5c: must hold the signer's certificate alone");
  const auto* now = anchors.now ? &*anchors.now : nullptr;
  auto key = crypto::verify_answer_signer(header.x5c.front(), anchors.certificates, now);
  if (!key) return std::unexpected(std::move(key).error());
  const auto signer = crypto::Certificate::from_der(header.x5c.front());
  if (!signer || (anchors.earliest && signer->not_after() < *anchors.earliest))
    return refuse("x5c: the signer has expired");
  if (key->algorithm() != Algorithm::es256) return refuse("x5c: is not a P-256 certificate");
  return crypto::verify_signature(jws, *key);
}

constexpr std::size_t mac_bytes = 32;
constexpr std::size_t es256_bytes = 64;

std::string header_of(std::string_view type, const Signer& signer) {
  const auto* const* identity = std::get_if<const crypto::Identity*>(&signer);
  const auto algorithm = identity != nullptr ? (*identity)->key.algorithm() : Algorithm::hs256;
  json::Value header{{"alg", crypto::name_of(algorithm)}, {"typ", type}};
  if (identity != nullptr)
    header["x5c"] = json::Value::array({crypto::base64_encode((*identity)->certificate.der())});
  return json::write(header);
}

std::size_t base64url_size(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}

}  // namespace

crypto::Secret answer_key(crypto::ByteView device_key) {
  return crypto::derive_key(device_key, "provisioning-response v1");
}

crypto::Secret sealing_key(crypto::ByteView device_key) {
  return crypto::derive_key(device_key, "provisioning-sealed v1");
}

crypto::Secret status_key(crypto::ByteView password) {
  return crypto::derive_key(password, "provisioning-status v1");
}

crypto::Secret device_key(crypto::ByteView group_key, std::string_view device_id) {
  return crypto::derive_key(group_key, device_id);
}

std::string sign_message(std::string_view type, std::string_view payload, const Signer& signer) {
  const auto header = header_of(type, signer);
  if (const auto* key = std::get_if<crypto::Secret>(&signer))
    return crypto::sign_hs256(header, payload, key->view());
  return crypto::sign(header, payload, std::get<const crypto::Identity*>(signer)->key);
}

std::size_t signed_size(std::string_view type, std::size_t payload_bytes, const Signer& signer) {
  const auto signature = std::holds_alternative<crypto::Secret>(signer) ? mac_bytes : es256_bytes;
  return base64url_size(header_of(type, signer).size()) + 1 + base64url_size(payload_bytes) + 1 +
         base64url_size(signature);
}

std::expected<std::string, std::string> open_message(std::string_view type, std::string_view jws,
                                                     const Verifier& verifier) {
  if (jws.size() > limits::answer_bytes) return std::unexpected("message: is larger than 8192 bytes");
  const auto parts = crypto::parse_compact(jws);
  if (!parts) return std::unexpected("message: is not a JWS");
  const auto header = read_jose_header(parts->header, type);
  if (!header) return std::unexpected(header.error());
  // RFC 8725, 3.1: the receiver's key decides the algorithm; the header must match.
  const auto expected =
      std::holds_alternative<crypto::Secret>(verifier) ? Algorithm::hs256 : Algorithm::es256;
  if (header->algorithm != expected) return std::unexpected("alg: is not the one that this device expects");
  if (header->kid || header->x5t_s256) return std::unexpected("header: has a member of requests");
  const auto verified = std::visit([&](const auto& with) { return verify(*parts, *header, with); }, verifier);
  if (!verified) return std::unexpected("signature: " + verified.error().what);
  return std::string(crypto::as_text(parts->payload));
}

}  // namespace latchkey::protocol
