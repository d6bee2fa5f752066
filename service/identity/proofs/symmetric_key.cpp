#include "service/identity/proofs/symmetric_key.hpp"

#include "protocol/signer.hpp"
#include "service/identity/proofs/signed_under.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

using registry::Reason;

constexpr std::string_view key_id_label = "provisioning-key-id v1";

}  // namespace

crypto::Result<DeviceKey> device_key(const MasterKey& master, const registry::Enrolment& enrolment,
                                     const crypto::Bytes& material, const protocol::DeviceId& id) {
  const bool own = enrolment.origin == registry::Origin::device;
  auto key = master.open(sealing_purpose(enrolment.origin, own ? id.text() : enrolment.group.value_or("")),
                         material);
  if (!key) return std::unexpected(std::move(key.error()));
  DeviceKey made{own ? std::move(*key) : protocol::device_key(key->view(), id.text())};
  const auto shown = crypto::derive_key(made.key.view(), key_id_label);
  std::ranges::copy(shown.view().first(made.id.size()), made.id.begin());
  return made;
}

std::vector<DeviceKey> open_symmetric_keys(const MasterKey& master, const registry::Enrolment& enrolment,
                                           const protocol::DeviceId& id) {
  std::vector<DeviceKey> keys;
  if (enrolment.proof != registry::ProofKind::symmetric_key) return keys;
  for (const crypto::Bytes* material : {&enrolment.material, &enrolment.secondary}) {
    if (material->empty()) continue;
    if (auto key = device_key(master, enrolment, *material, id)) keys.push_back(*std::move(key));
  }
  return keys;
}

std::string sealing_purpose(registry::Origin origin, std::string_view name) {
  return (origin == registry::Origin::group ? "group:" : "device:") + std::string(name);
}

ProofResult verify_symmetric_key(const ProofCase& proof_case, const protocol::SignatureProof& proof) {
  const protocol::DeviceId& id = proof_case.request.device_id;
  const bool plain = proof.chain.empty() && !proof.current_certificate;
  const registry::Enrolment* enrolment =
      plain ? proof_case.enrolment(registry::ProofKind::symmetric_key) : nullptr;
  const registry::Enrolment& against = enrolment != nullptr ? *enrolment : proof_case.decoys.symmetric();
  auto key = device_key(proof_case.master, against, against.material, id);
  bool all_opened = key.has_value();
  bool matches = key && mac_matches(proof, key->key.view());
  if (!matches && enrolment != nullptr && !enrolment->secondary.empty()) {
    key = device_key(proof_case.master, *enrolment, enrolment->secondary, id);
    all_opened = all_opened && key;
    matches = key && mac_matches(proof, key->key.view());
  }
  if (enrolment == nullptr)
    return proof_case.no_enrolment(proof.kid ? "no group of the name in kid" : "no kid that names a group");
  if (!matches) return refusal(all_opened ? Reason::wrong_key : Reason::enrolled_key_not_opened);
  return Proven{.by_token = false, .renews = false, .key = {}, .symmetric = std::move(*key)};
}

}  // namespace latchkey::service
