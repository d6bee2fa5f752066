#include "device/proof.hpp"

#include "crypto/mac.hpp"
#include "device/contract.hpp"
#include "protocol/jwk.hpp"
#include "protocol/sealed.hpp"
#include "support/catch.hpp"

#include <string>

namespace latchkey::device {
namespace {

using std::chrono::hours;

const auto now = crypto::Time(std::chrono::seconds(1'800'000'000));
const crypto::Validity valid{now - hours(1), now + hours(1)};

/// The service, and those who must not pass for it though the same anchor vouches for them.
struct World {
  crypto::Identity anchor = crypto::make_ca("service anchor", valid);
  crypto::Identity signer = crypto::make_signing_identity(anchor, "answers", valid);
  crypto::Identity broker = crypto::make_server_identity(anchor, {"broker"}, valid);
  crypto::PrivateKey device_key = crypto::PrivateKey::generate_p256();
  crypto::Identity device{device_certificate(anchor, device_key), device_key};

  static crypto::Certificate device_certificate(const crypto::Identity& ca, const crypto::PrivateKey& key) {
    const auto der = crypto::Issuer(ca).issue({.common_name = "12345",
                                               .key = key.public_key(),
                                               .serial = crypto::random_serial(),
                                               .validity = valid});
    return crypto::Certificate::from_der(der.value()).value();
  }
};
const World& world() {
  static const World made;
  return made;
}

protocol::ServiceAnchors anchors() {
  return {.certificates = {world().anchor.certificate}, .now = now};
}

crypto::Secret own_key() {
  return crypto::Secret(std::string_view("0123456789abcdef0123456789abcdef"));
}

/// One of each kind.
std::vector<OwnProof> every_proof() {
  std::vector<OwnProof> proofs;
  proofs.emplace_back(KeyProof{own_key(), "fleet"});
  using crypto::Algorithm;
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519})
    proofs.emplace_back(PrivateKeyProof{crypto::PrivateKey::generate(algorithm), {}, {}});
  const auto der = world().device.certificate.der();
  proofs.emplace_back(PrivateKeyProof{world().device.key, {{der.begin(), der.end()}}, {}});
  proofs.emplace_back(EnrolmentToken{crypto::Secret(std::string_view("a-token-of-24-characters"))});
  proofs.emplace_back(RenewalProof{world().device.key, world().device.certificate.fingerprint()});
  return proofs;
}

protocol::Request request() {
  return {.request_id = "request-0123456789",
          .device_id = protocol::DeviceId::parse("12345").value(),
          .credential = protocol::CredentialType::password,
          .csr = {},
          .issued_at = 1'800'000'000,
          .nonce = {},
          .encryption_key = {},
          .attributes = "{}"};
}

std::string accepted() {
  return R"({"request_id":"request-0123456789","device_id":"12345","status":"accepted","tracking_id":"t1",
    "server_time":1800000000,"generation":1,"credential":{"type":"password","username":"12345@1"},
    "connection":{"host":"b","port":8883,"tls":true,"client_id":"12345","topics":"devices/12345"},
    "config_version":1})";
}

Reaction reaction_of(const OwnProof& proof, std::string_view message) {
  const auto verifier = verifier_of(answered_by(proof), proof, anchors());
  return judge_answer({.device_id = "12345", .request_id = "request-0123456789"}, verifier, message).reaction;
}

std::string answer_by(const protocol::Signer& signer) {
  return protocol::sign_message(protocol::response_type, accepted(), signer);
}

}  // namespace

TEST_CASE("every proof makes a request that the service reads and that its key verifies") {
  for (const auto& proof : every_proof()) {
    CAPTURE(proof.index());
    const auto proven = prove(proof, request());
    const auto received = protocol::decode_request(request().device_id, proven.payload);
    REQUIRE(received.has_value());
    CHECK((proven.content_type == "application/jose") == (proven.payload.front() == 'e'));
    const auto* signature = std::get_if<protocol::SignatureProof>(&received->proof);
    if (std::holds_alternative<EnrolmentToken>(proof)) {
      CHECK(signature == nullptr);
      CHECK_FALSE(received->request.issued_at);
      continue;
    }
    REQUIRE(signature != nullptr);
    if (const auto* key = std::get_if<KeyProof>(&proof)) {
      CHECK(signature->kid == "fleet");
      CHECK(crypto::verify_hs256(crypto::parse_compact(proven.payload).value(), key->key.view()));
    }
    if (const auto* key = std::get_if<PrivateKeyProof>(&proof)) {
      CHECK(signature->chain == key->chain);
      CHECK(key->key.public_key().verify(crypto::as_bytes(signature->signing_input), signature->signature));
    }
    if (const auto* renewal = std::get_if<RenewalProof>(&proof)) {
      CHECK(signature->current_certificate == renewal->certificate);
      CHECK(
          renewal->key.public_key().verify(crypto::as_bytes(signature->signing_input), signature->signature));
    }
  }
}

TEST_CASE("each proof takes the answers that it implies and no other, though both are genuine") {
  for (const auto& proof : every_proof()) {
    CAPTURE(proof.index());
    const bool symmetric = std::holds_alternative<KeyProof>(proof);
    CHECK((reaction_of(proof, answer_by(protocol::answer_key(own_key().view()))) == Reaction::accept) ==
          symmetric);
    CHECK((reaction_of(proof, answer_by(&world().signer)) == Reaction::accept) == !symmetric);
  }
}

TEST_CASE("no proof takes what the broker, a device, the anchor or another service signed") {
  const auto stranger_ca = crypto::make_ca("service anchor", valid);
  const auto stranger = crypto::make_signing_identity(stranger_ca, "answers", valid);
  for (const auto& proof : every_proof()) {
    CAPTURE(proof.index());
    for (const auto* signer : {&world().broker, &world().device, &world().anchor, &stranger})
      CHECK(reaction_of(proof, answer_by(signer)) == Reaction::drop);
    CHECK(reaction_of(proof, answer_by(own_key())) == Reaction::drop);
    CHECK(reaction_of(proof, answer_by(crypto::Secret(
                                 std::string_view("another 32 bytes of another key!")))) == Reaction::drop);
  }
}

TEST_CASE("a request that comes back to its sender is no answer, whatever it says") {
  for (const auto& proof : every_proof()) {
    CAPTURE(proof.index());
    CHECK(reaction_of(proof, prove(proof, request()).payload) == Reaction::drop);
  }
  // Nor is one that says what an answer says: requests have a typ, and K another key for answers.
  const OwnProof symmetric = KeyProof{own_key(), {}};
  CHECK(reaction_of(symmetric, protocol::sign_request(accepted(), own_key().view(), {})) == Reaction::drop);
  const OwnProof certified = PrivateKeyProof{world().device.key, {}, {}};
  const auto der = world().signer.certificate.der();
  CHECK(reaction_of(certified, protocol::sign_request(accepted(), world().signer.key,
                                                      {.group = {},
                                                       .chain = {{der.begin(), der.end()}},
                                                       .current_certificate = {}})) == Reaction::drop);
}

TEST_CASE("an answer under the device's key is nothing to a device that has none") {
  const OwnProof token = EnrolmentToken{crypto::Secret(std::string_view("a-token-of-24-characters"))};
  const auto verifier = verifier_of(AnsweredBy::device_key, token, anchors());
  const auto unkeyed = protocol::sign_message(protocol::response_type, accepted(), crypto::Secret());
  CHECK_FALSE(protocol::open_message(protocol::response_type, unkeyed, verifier).has_value());
}

TEST_CASE("secrets open with the request's encryption key, else with the device's own, else not at all") {
  const auto encryption_key = crypto::PrivateKey::generate_p256();
  const auto to_key =
      protocol::Sealer(protocol::encryption_key_of(encryption_key.public_key())).seal("secret");
  const auto under_k = protocol::Sealer(protocol::sealing_key(own_key().view()).view()).seal("secret");
  for (const auto& proof : every_proof()) {
    CAPTURE(proof.index());
    const bool symmetric = std::holds_alternative<KeyProof>(proof);
    CHECK(open_secrets(proof, encryption_key, to_key).has_value());
    CHECK_FALSE(open_secrets(proof, encryption_key, under_k).has_value());
    CHECK(open_secrets(proof, std::nullopt, under_k).has_value() == symmetric);
    CHECK_FALSE(open_secrets(proof, std::nullopt, to_key).has_value());
  }
}

}  // namespace latchkey::device
