#pragma once

// What the tests of the service start from: one good request by each proof, one enrolment of each kind, and
// the service that knows them. A test spoils one thing.

#include "crypto/certificate_request.hpp"
#include "service/enrolment/decide.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::service::fixtures {

using namespace std::chrono_literals;

inline constexpr crypto::Time now{1767225600s};
inline constexpr std::string_view own_key = "a key of one device, of 32 bytes";
inline constexpr std::string_view group_key = "the key of a group, of 32 bytes.";
inline constexpr std::string_view token = "a-token-of-24-characters";
inline constexpr std::string_view group_name = "meters";

[[nodiscard]] inline protocol::DeviceId device(std::string_view id = "12345") {
  return protocol::DeviceId::parse(id).value();
}

[[nodiscard]] inline const MasterKey& master() {
  static const MasterKey key{crypto::Secret(std::string_view("a master key that is of 32 bytes"))};
  return key;
}
[[nodiscard]] inline const crypto::Identity& ca() {
  static const auto made = crypto::make_ca("devices", {now - 24h, now + 24h * 3650});
  return made;
}
[[nodiscard]] inline const crypto::Identity& service_identity() {
  static const auto made = crypto::make_signing_identity(ca(), "service", {now - 24h, now + 24h * 3650});
  return made;
}
[[nodiscard]] inline const crypto::PrivateKey& device_private_key() {
  static const auto key = crypto::PrivateKey::generate_p256();
  return key;
}
[[nodiscard]] inline const Authenticator& authenticator() {
  static const Authenticator made(master(), service_identity(), {ca().certificate});
  return made;
}
[[nodiscard]] inline const Nonces& nonces() {
  static const Nonces made(master().derive("nonce v1"));
  return made;
}

[[nodiscard]] inline registry::Policy policy() {
  registry::Policy made;
  made.lifetime_s = 90 * 86400;
  made.unused_life_s = 86400;
  made.quota = "group:meters";
  return made;
}

[[nodiscard]] inline registry::Enrolment enrolment(registry::Origin origin, registry::ProofKind proof,
                                                   crypto::Bytes material) {
  registry::Enrolment made;
  made.origin = origin;
  if (origin == registry::Origin::group) made.group = group_name;
  made.proof = proof;
  made.material = std::move(material);
  made.policy = policy();
  return made;
}
[[nodiscard]] inline registry::Enrolment key_of_device(std::string_view id = "12345") {
  return enrolment(registry::Origin::device, registry::ProofKind::symmetric_key,
                   master().seal("device:" + std::string(id), crypto::as_bytes(own_key)));
}
[[nodiscard]] inline registry::Enrolment key_of_group() {
  return enrolment(registry::Origin::group, registry::ProofKind::symmetric_key,
                   master().seal("group:meters", crypto::as_bytes(group_key)));
}
[[nodiscard]] inline registry::Enrolment token_of(registry::Origin origin) {
  const auto hash = crypto::sha256(crypto::as_bytes(token));
  return enrolment(origin, registry::ProofKind::token, {hash.begin(), hash.end()});
}

[[nodiscard]] inline protocol::Request request(std::string_view id = "12345") {
  static const auto csr = crypto::make_certificate_request(device_private_key(), "ignored");
  return {.request_id = "5f0c9a1e7b3d4c2a",
          .device_id = device(id),
          .credential = protocol::CredentialType::x509,
          .csr = csr,
          .issued_at = now.time_since_epoch().count(),
          .nonce = {},
          .encryption_key = {}};
}
/// As it arrives: encoded, signed under `key`, read again.
[[nodiscard]] inline protocol::ReceivedRequest signed_with(
    crypto::ByteView key, const protocol::Request& request = fixtures::request(),
    const std::optional<std::string>& group = std::nullopt) {
  const auto payload = protocol::encode_request(request, nullptr);
  return protocol::decode_request(request.device_id, protocol::sign_request(payload.text(), key, group))
      .value();
}
[[nodiscard]] inline protocol::ReceivedRequest signed_with(
    std::string_view key, const protocol::Request& request = fixtures::request()) {
  return signed_with(crypto::as_bytes(key), request);
}
[[nodiscard]] inline protocol::ReceivedRequest signed_in_group(
    const protocol::Request& request = fixtures::request()) {
  const auto key = protocol::device_key(crypto::as_bytes(group_key), request.device_id.text());
  return signed_with(key.view(), request, std::string(group_name));
}
[[nodiscard]] inline protocol::ReceivedRequest with_token(
    std::string_view text = token, const protocol::Request& request = fixtures::request()) {
  const crypto::Secret secret(text);
  return protocol::decode_request(request.device_id, protocol::encode_request(request, &secret).text())
      .value();
}

[[nodiscard]] inline registry::RequestFacts facts_of(registry::Enrolment enrolment) {
  return {.enrolment = std::move(enrolment), .device = {}, .same_request = {}, .newest = {}, .presented = {}};
}
[[nodiscard]] inline registry::Device registered_by(std::string_view enrolment, registry::DeviceState state) {
  registry::Device made;
  made.state = state;
  made.generation = 3;
  made.enrolled_by = enrolment;
  // A device that has come further has confirmed its credential.
  if (state > registry::DeviceState::registered) made.confirmed = 3;
  return made;
}

/// As the ledger has it: "wrong_key", "certificate_ended: expired".
[[nodiscard]] inline std::string named(const registry::Cause& cause) {
  return std::string(cause.id()) + (cause.detail.empty() ? "" : ": " + cause.detail);
}

}  // namespace latchkey::service::fixtures
