#include "service/issuing/issue.hpp"

#include "crypto/encoding.hpp"
#include "crypto/issued_certificate.hpp"
#include "crypto/mac.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

// Backdated for devices with a slow clock.
constexpr std::chrono::hours backdated{1};
constexpr std::chrono::years endless{100};
constexpr std::size_t salt_size = 16;

/// The fields of every type of credential.
registry::NewCredential credential_for(const Grant& grant, crypto::Validity validity, crypto::Time now) {
  const VerifiedRequest& verified = grant.verified();
  registry::NewCredential credential;
  credential.type = verified.request().credential;
  credential.request_id = verified.request().request_id;
  credential.digest = grant.digest();
  credential.not_before = validity.not_before;
  credential.not_after = validity.not_after;
  credential.use_by = now + std::chrono::seconds(verified.enrolment().policy.unused_life_s);
  credential.signed_by = verified.signed_by();
  credential.answer_key = verified.answer_key();
  credential.sealed_under = verified.sealed_under();
  return credential;
}

}  // namespace

crypto::Result<registry::NewCredential> issue(const Grant& grant, const crypto::Issuer& issuer,
                                              const crypto::Serial& serial, crypto::Time now) {
  const protocol::Request& request = grant.verified().request();
  const registry::Policy& policy = grant.verified().enrolment().policy;
  const crypto::PublicKey& key = grant.key().value();
  const crypto::Validity validity{now - backdated, std::min(now + std::chrono::seconds(policy.lifetime_s),
                                                            issuer.certificate().not_after())};
  if (validity.not_after <= now)
    return std::unexpected(crypto::Error{crypto::Fault::refused, "the device CA has expired"});
  const crypto::DeviceCertificate meant{request.device_id.text(), key, serial, validity};
  auto certificate = issuer.issue(meant);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  if (auto checked = crypto::check_issued(*certificate, meant, issuer.certificate()); !checked)
    return std::unexpected(std::move(checked.error()));
  registry::NewCredential credential = credential_for(grant, validity, now);
  credential.serial.assign(serial.begin(), serial.end());
  credential.fingerprint = crypto::sha256(*certificate);
  credential.key_fingerprint = key.fingerprint();
  credential.issuer = issuer_id(issuer.key_fingerprint());
  credential.certificate = std::move(*certificate);
  return credential;
}

registry::NewCredential issue_password(const Grant& grant, const MasterKey& master, crypto::Time now) {
  const std::chrono::seconds life =
      grant.verified().by_token() ? std::chrono::seconds(endless)
                                  : std::chrono::seconds(grant.verified().enrolment().policy.lifetime_s);
  registry::NewCredential credential = credential_for(grant, {now - backdated, now + life}, now);
  credential.salt = crypto::random_bytes(salt_size);
  credential.master_key = master.id();
  const protocol::DeviceId& id = grant.verified().request().device_id;
  const auto password = password_of(master, credential.master_key, credential.salt, id,
                                    grant.expected_generation().value_or(0) + 1);
  credential.password_hash = password_hash(password.value(), credential.salt);
  credential.pbkdf2 = pbkdf2_once(password.value(), credential.salt);
  return credential;
}

registry::KeyId issuer_id(const crypto::Sha256Digest& key_fingerprint) {
  registry::KeyId id{};
  std::copy_n(key_fingerprint.begin(), id.size(), id.begin());
  return id;
}

crypto::Sha256Digest password_hash(const crypto::Secret& password, crypto::ByteView salt) {
  const std::string suffix = crypto::to_hex(salt);
  crypto::Secret salted(password.view().size() + suffix.size());
  std::ranges::copy(password.view(), salted.writable().begin());
  std::ranges::copy(suffix, salted.writable().begin() + static_cast<std::ptrdiff_t>(password.view().size()));
  return crypto::sha256(salted.view());
}

crypto::Sha256Digest pbkdf2_once(const crypto::Secret& password, crypto::ByteView salt) {
  // RFC 8018, 5.2: of one iteration, the first block is the MAC of the salt and the block's number.
  crypto::Bytes block(salt.begin(), salt.end());
  block.insert(block.end(), {0, 0, 0, 1});
  return crypto::hmac_sha256(password.view(), block);
}

std::int64_t renew_after(registry::Clock not_before, registry::Clock not_after, crypto::ByteView noise_of) {
  const auto issued =
      std::chrono::floor<std::chrono::seconds>(not_before + backdated).time_since_epoch().count();
  const auto life = std::chrono::floor<std::chrono::seconds>(not_after).time_since_epoch().count() - issued;
  const auto noise = crypto::sha256(noise_of);
  const std::int64_t spread = life / 10 * (noise[0] * 256 + noise[1]) / 65536;  // 0 .. a tenth of the life
  return issued + life * 2 / 3 - life / 20 + spread;
}

}  // namespace latchkey::service
