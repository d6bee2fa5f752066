#include "bench/micro/pure_path.hpp"

#include "crypto/mac.hpp"
#include "protocol/configuration.hpp"
#include "protocol/status.hpp"
#include "service/answering/compose.hpp"
#include "service/issuing/issue.hpp"

#include <chrono>
#include <stdexcept>

namespace latchkey::bench {
namespace {

using namespace std::chrono_literals;

constexpr crypto::Time now{1767225600s};
constexpr crypto::Validity years{now - 24h, now + 24h * 3650};
constexpr std::string_view master_key = "a master key that is of 32 bytes";
constexpr std::string_view group_key = "the key of a group, of 32 bytes.";
constexpr std::string_view group_name = "meters";
constexpr std::string_view config = R"({"report_interval_s":60})";

protocol::EncryptionKey encryption_key_of(const crypto::PrivateKey& key) {
  const auto numbers = key.public_key().numbers();
  return {numbers.first, numbers.second};
}

registry::Enrolment enrolment_of(registry::ProofKind proof, crypto::Bytes material,
                                 registry::Sealing sealing) {
  registry::Enrolment made;
  made.origin = registry::Origin::group;
  made.group = group_name;
  made.proof = proof;
  made.material = std::move(material);
  made.policy.lifetime_s = 7776000;
  made.policy.unused_life_s = 86400;
  made.policy.sealing = sealing;
  made.config = config;
  return made;
}

registry::Enrolment group_with_key(const service::MasterKey& master, registry::Sealing sealing) {
  const auto material = master.seal("group:" + std::string(group_name), crypto::as_bytes(group_key));
  return enrolment_of(registry::ProofKind::symmetric_key, material, sealing);
}

protocol::DeviceId device_id() {
  return protocol::DeviceId::parse("meter-000017").value();
}

}  // namespace

struct PurePath::World {
  World(Kind which, registry::Sealing sealing) : kind(which) {
    if (kind == Kind::hs256_csr) {
      facts.enrolment = group_with_key(master, sealing);
      const auto key = protocol::device_key(crypto::as_bytes(group_key), device.text());
      jws = protocol::sign_request(payload().text(), key.view(), std::string(group_name));
    } else {
      const auto factory = crypto::make_ca("factory", years);
      const auto der = factory.certificate.der();
      facts.enrolment = enrolment_of(registry::ProofKind::x509, {der.begin(), der.end()}, sealing);
      const auto key = crypto::PrivateKey::generate_p256();
      const auto leaf =
          crypto::Issuer(factory).issue({device.text(), key.public_key(), crypto::random_serial(), years});
      jws = protocol::sign_request(payload().text(), key,
                                   {.group = {}, .chain = {leaf.value()}, .current_certificate = {}});
    }
  }

  [[nodiscard]] crypto::Secret payload() const {
    const auto own_key = crypto::PrivateKey::generate_p256();
    protocol::Request request{.request_id = "5f0c9a1e7b3d4c2a",
                              .device_id = device,
                              .credential = protocol::CredentialType::x509,
                              .csr = crypto::make_certificate_request(own_key, device.text()),
                              .issued_at = now.time_since_epoch().count(),
                              .nonce = {},
                              .encryption_key = {},
                              .attributes = R"({"firmware_version":"1.4.2","model":"T1000"})"};
    if (kind == Kind::es256_x5c_csr) request.encryption_key = encryption_key_of(own_key);
    return protocol::encode_request(request, nullptr);
  }

  Kind kind;
  service::MasterKey master{crypto::Secret(master_key)};
  crypto::Identity ca = crypto::make_ca("devices", years);
  crypto::Identity anchor = crypto::make_ca("service", years);
  crypto::Identity signing = crypto::make_signing_identity(anchor, "service", years);
  service::Authenticator authenticator{master, signing, {ca.certificate, anchor.certificate}};
  service::Nonces nonces{master.derive("nonce v1")};
  service::Decider decider{nonces};
  crypto::Issuer issuer{ca};
  protocol::DeviceId device = device_id();
  std::vector<crypto::Bytes> intermediates;
  service::Destination destination{"broker.example", 8883, 8883, true, {}};
  protocol::Topics topics;
  service::AnsweringTools tools{decider, issuer, master, intermediates, destination, topics};
  registry::RequestFacts facts;
  protocol::Answer head =
      service::answer_head(device, "5f0c9a1e7b3d4c2a", "019b7a3e-5c00-7000-8000-000000000000", now);
  std::string jws;
};

PurePath::PurePath(Kind kind, registry::Sealing sealing)
    : world_(std::make_unique<const World>(kind, sealing)) {}
PurePath::~PurePath() = default;

protocol::ReceivedRequest PurePath::decode() const {
  return protocol::decode_request(world_->device, world_->jws).value();
}

service::VerifiedRequest PurePath::authenticate(const protocol::ReceivedRequest& received) const {
  return world_->authenticator.authenticate(received, world_->facts, now).value();
}

service::Grant PurePath::decide(const service::VerifiedRequest& verified) const {
  return std::get<service::Grant>(world_->decider.decide(verified, world_->facts, now));
}

registry::NewCredential PurePath::issue(const service::Grant& grant) const {
  return service::issue(grant, world_->issuer, crypto::random_serial(), now).value();
}

service::Resolved PurePath::resolve(service::VerifiedRequest verified) const {
  return service::resolve(world_->tools, std::move(verified), world_->facts, now, world_->head);
}

std::string PurePath::answer(const service::Resolved& resolved) const {
  auto answer = service::compose(world_->head, resolved);
  return protocol::encode_signed_answer(std::move(answer), *service::signer_of(resolved));
}

std::string PurePath::provision(const protocol::ReceivedRequest& received) const {
  return answer(resolve(authenticate(received)));
}

struct PureStatus::World {
  explicit World(bool is_protected) {
    const auto& enrolment = facts.enrolment.emplace(
        group_with_key(master, is_protected ? registry::Sealing::always : registry::Sealing::never));
    const auto key = service::device_key(master, enrolment, enrolment.material, device).value();
    facts.device.emplace();
    facts.credential.emplace();
    facts.credential->signed_by = registry::SignedBy::device_key;
    facts.credential->answer_key = key.id;
    facts.credential->sealed_under = key.id;
    protocol::StatusMessage connected;
    connected.kind = protocol::StatusKind::connected;
    connected.session = "5f0c9a1e7b3d4c2a";
    connected.generation = 1;
    protocol::Connection connection;
    connection.host = "broker.example";
    payload = is_protected ? protocol::sign_status(
                                 protocol::encode_signed_status(connected, device.text(), connection),
                                 key.key.view(), std::string(group_name))
                           : protocol::encode_status(connected);
  }

  service::MasterKey master{crypto::Secret(master_key)};
  crypto::Identity anchor = crypto::make_ca("service", years);
  crypto::Identity signing = crypto::make_signing_identity(anchor, "service", years);
  service::Authenticator authenticator{master, signing, {anchor.certificate}};
  protocol::DeviceId device = device_id();
  registry::StatusFacts facts;
  std::string payload;
};

PureStatus::PureStatus(bool is_protected) : world_(std::make_unique<World>(is_protected)) {}
PureStatus::~PureStatus() = default;

std::string PureStatus::answer() {
  const auto received = protocol::decode_status(world_->device, world_->payload).value();
  service::RegisteredDevice device{world_->device, world_->facts};
  if (received.proof && world_->authenticator.why_not_proven(device, received.proof->signature))
    throw std::logic_error("the proof of a status does not verify");
  const auto signer = world_->authenticator.signer_for(device).value();
  protocol::Configuration message;
  message.device_id = world_->device.text();
  message.session = received.status.session;
  message.state = "connected";
  if (device.facts.enrolment->policy.sealing == registry::Sealing::always)
    message.sealed = protocol::seal_config(world_->authenticator.sealing_key_for(device).value(), config);
  else
    message.config = config;
  return protocol::encode_configuration(message, signer);
}

}  // namespace latchkey::bench
