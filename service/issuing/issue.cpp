#include "service/issuing/issue.hpp"

#include "crypto/issued_certificate.hpp"
#include "crypto/mac.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

// Devices' clocks are a little off, and a certificate must not be from their future.
constexpr std::chrono::hours backdated{1};

}  // namespace

crypto::Result<registry::NewCredential> issue(const Grant& grant, const crypto::Issuer& issuer,
                                              const crypto::Serial& serial, crypto::Time now) {
  const protocol::Request& request = grant.verified().request();
  const registry::Policy& policy = grant.verified().enrolment().policy;
  const crypto::Validity validity{now - backdated, std::min(now + std::chrono::seconds(policy.lifetime_s),
                                                            issuer.certificate().not_after())};
  if (validity.not_after <= now)
    return std::unexpected(crypto::Error{crypto::Fault::refused, "the device CA has expired"});
  const crypto::DeviceCertificate meant{request.device_id.text(), grant.key(), serial, validity};
  auto certificate = issuer.issue(meant);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  if (auto checked = crypto::check_issued(*certificate, meant, issuer.certificate()); !checked)
    return std::unexpected(std::move(checked.error()));
  registry::NewCredential credential;
  credential.type = request.credential;
  credential.request_id = request.request_id;
  credential.digest = grant.digest();
  credential.serial.assign(serial.begin(), serial.end());
  credential.fingerprint = crypto::sha256(*certificate);
  credential.key_fingerprint = grant.key().fingerprint();
  credential.certificate = std::move(*certificate);
  credential.not_before = validity.not_before;
  credential.not_after = validity.not_after;
  credential.use_by = now + std::chrono::seconds(policy.unused_life_s);
  credential.signed_by = grant.verified().signed_by();
  return credential;
}

std::int64_t renew_after(registry::Clock not_before, registry::Clock not_after,
                         crypto::ByteView certificate) {
  const auto issued =
      std::chrono::floor<std::chrono::seconds>(not_before + backdated).time_since_epoch().count();
  const auto life = std::chrono::floor<std::chrono::seconds>(not_after).time_since_epoch().count() - issued;
  const auto noise = crypto::sha256(certificate);
  const std::int64_t spread = life / 10 * (noise[0] * 256 + noise[1]) / 65536;  // 0 .. a tenth of the life
  return issued + life * 2 / 3 - life / 20 + spread;
}

}  // namespace latchkey::service
