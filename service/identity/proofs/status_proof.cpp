#include "service/identity/proofs/status_proof.hpp"

#include "protocol/signer.hpp"
#include "service/identity/password.hpp"
#include "service/identity/proofs/signed_under.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

using registry::Cause;
using MaybeCause = std::optional<Cause>;

Cause not_proven(std::string_view detail) {
  return {registry::Reason::connected_not_proven, std::string(detail)};
}

/// The key that proves requests of the device.
MaybeCause misfit_of_key(const StatusCase& status) {
  const auto& enrolment = status.device.facts.enrolment;
  if (!enrolment || enrolment->proof != registry::ProofKind::symmetric_key)
    return not_proven("the device has no symmetric key");
  if (enrolment->origin == registry::Origin::group && status.proof.kid != enrolment->group)
    return not_proven("kid names neither its group nor its login");
  const auto& keys = symmetric_keys_of(status.device, status.master);
  if (std::ranges::any_of(keys,
                          [&](const DeviceKey& each) { return mac_matches(status.proof, each.key.view()); }))
    return std::nullopt;
  return not_proven("wrong key");
}

MaybeCause misfit_of_password(const StatusCase& status) {
  const registry::Credential& credential = *status.device.facts.credential;
  if (credential.type != protocol::CredentialType::password)
    return not_proven("its credential is no password");
  const auto password = password_of(status.master, credential.master_key, credential.salt, status.device.id,
                                    credential.generation);
  if (!password) return not_proven("the master key of its password is gone");
  const auto key = protocol::status_key(password->view());
  if (mac_matches(status.proof, key.view())) return std::nullopt;
  return not_proven("wrong password");
}

MaybeCause misfit_of_certificate(const StatusCase& status) {
  const auto certificate = crypto::Certificate::from_der(status.device.facts.credential->certificate);
  if (!certificate || certificate->fingerprint() != status.proof.current_certificate)
    return not_proven("x5t#S256 is not the certificate of its generation");
  if (!was_issued_to(status.device.id, *certificate, status.own))
    return not_proven("no CA of the service issued its certificate");
  const auto key = certificate->public_key();
  if (!fits(key, status.proof)) return not_proven("another algorithm than that of its certificate");
  if (key->verify(crypto::as_bytes(status.proof.signing_input), status.proof.signature)) return std::nullopt;
  return not_proven("not signed under its certificate");
}

}  // namespace

MaybeCause why_not_proven(const StatusCase& status) {
  if (status.proof.algorithm != crypto::Algorithm::hs256) return misfit_of_certificate(status);
  // No group has a login's name.
  const auto login = username_of(status.device.id, status.device.facts.credential->generation);
  return status.proof.kid == login ? misfit_of_password(status) : misfit_of_key(status);
}

}  // namespace latchkey::service
