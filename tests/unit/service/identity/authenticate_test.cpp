#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::fixtures;
using registry::DeviceState;
using registry::Origin;
using registry::ProofKind;

namespace {

using protocol::ReceivedRequest;
using registry::RequestFacts;

/// "" if the device is who it says it is, else the ledger's reason. The device hears one code, whatever the
/// reason.
std::string reason(const ReceivedRequest& received, const RequestFacts& facts) {
  const auto verified = authenticator().authenticate(received, facts, now);
  if (verified) return "";
  CHECK(verified.error().code == protocol::Code::unauthorized);
  return named(verified.error().cause);
}

protocol::SignatureProof& signature_of(ReceivedRequest& received) {
  return std::get<protocol::SignatureProof>(received.proof);
}

std::string key_text(const protocol::Signer& signer) {
  return std::string(std::get<crypto::Secret>(signer).text());
}

/// Which key the answer to this request is signed with.
registry::KeyId answer_key_id(const ReceivedRequest& received, registry::Enrolment enrolment) {
  const auto facts = facts_of(std::move(enrolment));
  return authenticator().authenticate(received, facts, now).value().answer_key().value();
}

/// K as docs/protocol.md derives it, and the key of its answers.
std::string answer_key_of(crypto::ByteView key) {
  const auto mac = crypto::hmac_sha256(key, crypto::as_bytes("provisioning-response v1"));
  return std::string(crypto::as_text(mac));
}
crypto::Sha256Digest key_in_group(std::string_view id) {
  return crypto::hmac_sha256(crypto::as_bytes(group_key), crypto::as_bytes(id));
}

std::string wrong_kind(ProofKind enrolled) {
  return "other_kind_of_proof: " + std::string(registry::name_of(enrolled));
}

std::optional<protocol::Signer> signer_for(registry::StatusFacts facts) {
  RegisteredDevice registered{device(), facts};
  return authenticator().signer_for(registered);
}

}  // namespace

TEST_CASE("a device is known by a MAC under a key of its own", "[authenticate]") {
  CHECK(reason(signed_with(own_key), facts_of(key_of_device())).empty());
}

TEST_CASE("a device of a group is known by a MAC under the key derived for its id", "[authenticate]") {
  CHECK(reason(signed_in_group(), facts_of(key_of_group())).empty());
  CHECK(reason(signed_with(key_in_group("12345")), facts_of(key_of_group())).empty());
  CHECK(reason(signed_with(key_in_group("12346")), facts_of(key_of_group())) == "wrong_key");
}

TEST_CASE("the group key itself is never accepted", "[authenticate]") {
  CHECK(reason(signed_with(group_key), facts_of(key_of_group())) == "wrong_key");
}

TEST_CASE("a device is known by its token, its own or its group's", "[authenticate]") {
  for (const auto origin : {Origin::device, Origin::group}) {
    const auto facts = facts_of(token_of(origin));
    CHECK(reason(with_token(), facts).empty());
    CHECK(reason(with_token("another-token-of-size-24"), facts) == "wrong_token");
  }
}

TEST_CASE("a wrong key, a cut or changed MAC and a changed request prove nothing", "[authenticate]") {
  const auto facts = facts_of(key_of_device());
  CHECK(reason(signed_with(group_key), facts) == "wrong_key");
  auto received = signed_with(own_key);
  SECTION("no MAC") {
    signature_of(received).signature.clear();
  }
  SECTION("half a MAC") {
    signature_of(received).signature.resize(16);
  }
  SECTION("one bit of the MAC") {
    signature_of(received).signature.back() ^= 1U;
  }
  SECTION("one character of the request") {
    signature_of(received).signing_input.back() ^= 1;
  }
  CHECK(reason(received, facts) == "wrong_key");
}

TEST_CASE("a MAC under an individual key proves nothing of a group, nor the other way round",
          "[authenticate]") {
  CHECK(reason(signed_with(own_key), facts_of(key_of_group())) == "wrong_key");
  CHECK(reason(signed_in_group(), facts_of(key_of_device())) == "wrong_key");
}

TEST_CASE("a token proves nothing of a device with a key", "[authenticate]") {
  CHECK(reason(with_token(), facts_of(key_of_device())) == wrong_kind(ProofKind::symmetric_key));
  // Not even where the enrolment's material is the token's hash.
  for (const auto kind : {ProofKind::symmetric_key, ProofKind::public_key, ProofKind::x509}) {
    auto enrolment = token_of(Origin::device);
    enrolment.proof = kind;
    CHECK(reason(with_token(), facts_of(enrolment)) == wrong_kind(kind));
  }
}

TEST_CASE("a MAC proves nothing of a device that is enrolled in another way", "[authenticate]") {
  const auto hash = crypto::sha256(crypto::as_bytes(token));
  CHECK(reason(signed_with(hash), facts_of(token_of(Origin::device))) == wrong_kind(ProofKind::token));
  for (const auto kind : {ProofKind::token, ProofKind::public_key, ProofKind::x509}) {
    auto enrolment = key_of_device();
    enrolment.proof = kind;
    CHECK(reason(signed_with(own_key), facts_of(enrolment)) == wrong_kind(kind));
  }
}

TEST_CASE("the enrolled key fixes the algorithm: a right MAC under another header is refused",
          "[authenticate]") {
  auto received = signed_with(own_key);
  SECTION("alg") {
    signature_of(received).algorithm = crypto::Algorithm::es256;
  }
  SECTION("x5c") {
    signature_of(received).chain.push_back({0x30, 0x00});
  }
  SECTION("x5t#S256") {
    signature_of(received).current_certificate.emplace();
  }
  CHECK(reason(received, facts_of(key_of_device())) == wrong_kind(ProofKind::symmetric_key));
}

TEST_CASE("an unknown id gets nothing, and the ledger knows what was tried", "[authenticate]") {
  const RequestFacts nothing;
  CHECK(reason(signed_with(own_key), nothing) == "no_enrolment: no kid that names a group");
  CHECK(reason(signed_in_group(), nothing) == "no_enrolment: no group of the name in kid");
  CHECK(reason(with_token(), nothing) == "no_enrolment: no group with this token");
}

TEST_CASE("the key that unknown ids are checked against opens nothing", "[authenticate]") {
  const auto nobody = protocol::device_key(master().derive("nobody v1").view(), "12345");
  CHECK_FALSE(reason(signed_with(nobody.view()), {}).empty());
  CHECK(reason(signed_with(nobody.view()), facts_of(token_of(Origin::device))) ==
        wrong_kind(ProofKind::token));
}

TEST_CASE("a disabled enrolment refuses everybody, and does not say so before the proof", "[authenticate]") {
  auto facts = facts_of(key_of_device());
  facts.enrolment->enabled = false;
  CHECK(reason(signed_with(own_key), facts) == "enrolment_disabled");
  CHECK(reason(signed_with(group_key), facts) == "wrong_key");
  auto by_token = facts_of(token_of(Origin::group));
  by_token.enrolment->enabled = false;
  CHECK(reason(with_token(), by_token) == "group_disabled");
  // A device on the allow list has two that may be disabled, and the facts do not tell which.
  by_token.enrolment->policy.is_listed = true;
  CHECK(reason(with_token(), by_token) == "group_disabled: or its place on the allow list");
}

TEST_CASE("a device belongs to the enrolment that registered it until it is reset", "[authenticate]") {
  const auto by = [](registry::Enrolment enrolment, std::string_view registered) {
    auto facts = facts_of(std::move(enrolment));
    facts.device = registered_by(registered, DeviceState::registered);
    return facts;
  };
  CHECK(reason(signed_with(own_key), by(key_of_device(), "device")).empty());
  CHECK(reason(signed_in_group(), by(key_of_group(), "group:meters")).empty());
  CHECK(reason(signed_in_group(), by(key_of_group(), "")).empty());
  CHECK(reason(signed_with(own_key), by(key_of_device(), "group:meters")) ==
        "registered_by_another_enrolment: group:meters");
  CHECK(reason(signed_in_group(), by(key_of_group(), "device")) == "registered_by_another_enrolment: device");
  CHECK(reason(with_token(), by(token_of(Origin::group), "group:other")) ==
        "registered_by_another_enrolment: group:other");
}

TEST_CASE("a sealed key that was copied to another row opens for nobody", "[authenticate]") {
  const std::string closed = "enrolled_key_not_opened";
  CHECK(reason(signed_with(own_key), facts_of(key_of_device("12346"))) == closed);
  auto renamed = key_of_group();
  renamed.group = "other";
  CHECK(reason(signed_in_group(), facts_of(renamed)) == closed);
  auto moved = key_of_group();
  moved.origin = Origin::device;
  CHECK(reason(signed_with(group_key), facts_of(moved)) == closed);
  auto emptied = key_of_device();
  emptied.material.clear();
  CHECK(reason(signed_with(own_key), facts_of(emptied)) == closed);
}

TEST_CASE("an answer to a MAC is signed under the answer key of the same device key", "[authenticate]") {
  const auto own = facts_of(key_of_device());
  const auto group = facts_of(key_of_group());
  const auto received = signed_with(own_key);
  const auto received_in_group = signed_in_group();
  const auto verified = authenticator().authenticate(received, own, now).value();
  const auto verified_in_group = authenticator().authenticate(received_in_group, group, now).value();
  CHECK(key_text(verified.signer()) == answer_key_of(crypto::as_bytes(own_key)));
  CHECK(key_text(verified_in_group.signer()) == answer_key_of(key_in_group("12345")));
  CHECK(verified.signed_by() == registry::SignedBy::device_key);
  CHECK_FALSE(verified.by_token());
  CHECK(verified.proves_attributes());
  CHECK(&verified.request() == &received.request);
  CHECK(&verified.enrolment() == &*own.enrolment);
}

TEST_CASE("an answer to a token is signed by the service", "[authenticate]") {
  const auto facts = facts_of(token_of(Origin::group));
  const auto received = with_token();
  const auto verified = authenticator().authenticate(received, facts, now).value();
  CHECK(std::get<const crypto::Identity*>(verified.signer()) == &service_identity());
  CHECK(verified.signed_by() == registry::SignedBy::service);
  CHECK(verified.by_token());
}

TEST_CASE("a request with a token proves attributes only where its group trusts them", "[authenticate]") {
  auto facts = facts_of(token_of(Origin::group));
  const auto received = with_token();
  CHECK_FALSE(authenticator().authenticate(received, facts, now)->proves_attributes());
  facts.enrolment->policy.trusts_token_attributes = true;
  CHECK(authenticator().authenticate(received, facts, now)->proves_attributes());
}

TEST_CASE("a configuration is signed as the answer with the credential was", "[authenticate]") {
  registry::StatusFacts facts;
  facts.enrolment = key_of_device();
  facts.credential.emplace();
  facts.credential->signed_by = registry::SignedBy::device_key;
  facts.credential->answer_key = answer_key_id(signed_with(own_key), key_of_device());
  CHECK(key_text(signer_for(facts).value()) == answer_key_of(crypto::as_bytes(own_key)));
  facts.enrolment = key_of_group();
  facts.credential->answer_key = answer_key_id(signed_in_group(), key_of_group());
  CHECK(key_text(signer_for(facts).value()) == answer_key_of(key_in_group("12345")));
  facts.credential->signed_by = registry::SignedBy::service;
  facts.enrolment.reset();
  CHECK(std::get<const crypto::Identity*>(signer_for(facts).value()) == &service_identity());
}

TEST_CASE("without the credential or the key that it was given under nobody signs", "[authenticate]") {
  registry::StatusFacts facts;
  facts.enrolment = key_of_device();
  facts.credential.emplace();
  facts.credential->signed_by = registry::SignedBy::device_key;
  facts.credential->answer_key = answer_key_id(signed_with(own_key), key_of_device());
  REQUIRE(signer_for(facts));
  SECTION("another key than the one that signed the answer") {
    facts.credential->answer_key->back() ^= 1U;
  }
  SECTION("no credential") {
    facts.credential.reset();
  }
  SECTION("no enrolment") {
    facts.enrolment.reset();
  }
  SECTION("an enrolment by token now") {
    facts.enrolment = token_of(Origin::device);
  }
  SECTION("a key of another kind now") {
    facts.enrolment->proof = ProofKind::x509;
  }
  SECTION("a key sealed for another row") {
    facts.enrolment = key_of_device("12346");
  }
  CHECK_FALSE(signer_for(facts));
}
