#include "service/identity/proofs/signed_under.hpp"

#include "service/keys/pki.hpp"

namespace latchkey::service {

MaybeKey no_key() {
  return std::unexpected(crypto::Error{crypto::Fault::refused, "there is none"});
}

MaybeKey key_of(const crypto::Result<crypto::Certificate>& certificate) {
  return certificate ? certificate->public_key() : MaybeKey(std::unexpected(certificate.error()));
}

bool fits(const MaybeKey& key, const protocol::SignatureProof& proof) {
  return key && key->algorithm() == proof.algorithm;
}

bool signed_under(const MaybeKey& key, const protocol::SignatureProof& proof, const DecoyKeys& decoys) {
  const bool its_own = fits(key, proof);
  const crypto::PublicKey& against = its_own ? *key : decoys.key(proof.algorithm);
  const auto verified = against.verify(crypto::as_bytes(proof.signing_input), proof.signature);
  return its_own && verified;
}

bool mac_matches(const protocol::SignatureProof& proof, crypto::ByteView key) {
  const auto mac = crypto::hmac_sha256(key, crypto::as_bytes(proof.signing_input));
  return crypto::equal_constant_time(mac, proof.signature);
}

bool was_issued_to(const protocol::DeviceId& id, const crypto::Certificate& certificate,
                   const std::vector<crypto::Certificate>& own) {
  return certificate.common_name() == id.text() && is_of_the_service(certificate, own);
}

}  // namespace latchkey::service
