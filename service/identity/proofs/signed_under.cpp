#include "service/identity/proofs/signed_under.hpp"

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

}  // namespace latchkey::service
