#include "service/identity/decoy_keys.hpp"

#include "service/identity/proofs/symmetric_key.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

constexpr std::string_view nobody = "nobody";

}  // namespace

DecoyKeys::DecoyKeys(const MasterKey& master) {
  using crypto::Algorithm;
  symmetric_.origin = registry::Origin::group;
  symmetric_.group = std::string(nobody);
  symmetric_.proof = registry::ProofKind::symmetric_key;
  symmetric_.material =
      master.seal(sealing_purpose(symmetric_.origin, nobody), master.derive("nobody v1").view());
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519})
    keys_.push_back(crypto::PrivateKey::generate(algorithm).public_key());
}

const crypto::PublicKey& DecoyKeys::key(crypto::Algorithm algorithm) const {
  return *std::ranges::find(keys_, algorithm, &crypto::PublicKey::algorithm);
}

}  // namespace latchkey::service
