#include "protocol/jwk.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"
#include "unit/service/fixtures.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::fixtures;
using crypto::Algorithm;
using registry::DeviceState;
using registry::Origin;
using registry::ProofKind;
using registry::RequestFacts;

namespace {

constexpr std::array algorithms = {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519};

const crypto::PrivateKey& key_for(Algorithm algorithm) {
  static const std::array keys = {
      crypto::PrivateKey::generate(Algorithm::es256), crypto::PrivateKey::generate(Algorithm::es384),
      crypto::PrivateKey::generate(Algorithm::rs256), crypto::PrivateKey::generate(Algorithm::ed25519)};
  return *std::ranges::find(keys, algorithm, &crypto::PrivateKey::algorithm);
}

protocol::ReceivedRequest signed_by(const crypto::PrivateKey& key,
                                    const protocol::RequestHeader& header = {}) {
  const auto request = fixtures::request();
  const auto payload = protocol::encode_request(request, nullptr);
  return protocol::decode_request(request.device_id, protocol::sign_request(payload.text(), key, header))
      .value();
}

registry::Enrolment public_key_enrolment(const crypto::PrivateKey& key) {
  const auto spki = key.public_key().spki();
  return enrolment(Origin::device, ProofKind::public_key, {spki.begin(), spki.end()});
}

std::string reason(const protocol::ReceivedRequest& received, const RequestFacts& facts) {
  const auto verified = authenticator().authenticate(received, facts, now);
  if (verified) return "";
  CHECK(verified.error().code == protocol::Code::unauthorized);
  return named(verified.error().cause);
}

/// A device's own certificate of the service, and the facts with it.
struct Renewal {
  crypto::PrivateKey key = crypto::PrivateKey::generate(Algorithm::es256);
  crypto::Bytes certificate =
      crypto::Issuer(ca())
          .issue({"12345", key.public_key(), crypto::random_serial(), {now - 1h, now + 24h}})
          .value();
  RequestFacts facts = facts_of(key_of_device());
  Renewal() {
    facts.device = registered_by("device", DeviceState::ready);
    facts.presented = registry::Presented{certificate, "live", {}};
  }
  [[nodiscard]] protocol::ReceivedRequest request() const {
    return signed_by(key, {.group = {}, .chain = {}, .current_certificate = crypto::sha256(certificate)});
  }
};

}  // namespace

TEST_CASE("a device is known by a signature under its enrolled public key, of every algorithm",
          "[authenticate]") {
  for (const auto algorithm : algorithms) {
    const auto& key = key_for(algorithm);
    CHECK(reason(signed_by(key), facts_of(public_key_enrolment(key))).empty());
    const auto other = crypto::PrivateKey::generate(algorithm);
    CHECK(reason(signed_by(other), facts_of(public_key_enrolment(key))) == "wrong_key");
  }
}

TEST_CASE("the enrolled key fixes the algorithm of a signature", "[authenticate]") {
  for (const auto enrolled : algorithms)
    for (const auto used : algorithms)
      if (enrolled != used)
        CHECK(reason(signed_by(key_for(used)), facts_of(public_key_enrolment(key_for(enrolled)))) ==
              "wrong_algorithm");
}

TEST_CASE("an enrolled public key that is not accepted is not held against the device's own",
          "[authenticate]") {
  const auto weak = crypto::made_with_openssl::spki(crypto::made_with_openssl::rsa_key(1024));
  const auto enrolled = enrolment(Origin::device, ProofKind::public_key, weak);
  CHECK(reason(signed_by(key_for(Algorithm::rs256)), facts_of(enrolled)) ==
        "enrolled_key_not_accepted: RSA of 1024 bits");
}

TEST_CASE("a signature proves nothing where there is no public key", "[authenticate]") {
  for (const auto algorithm : algorithms) {
    const auto received = signed_by(key_for(algorithm));
    CHECK_FALSE(reason(received, {}).empty());
    CHECK_FALSE(reason(received, facts_of(key_of_device())).empty());
    CHECK_FALSE(reason(received, facts_of(token_of(Origin::device))).empty());
  }
}

TEST_CASE("a device belongs to the key that registered it", "[authenticate]") {
  const auto& key = key_for(Algorithm::es256);
  auto facts = facts_of(public_key_enrolment(key));
  facts.device = registered_by("device", DeviceState::ready);
  facts.device->proof_key = key.public_key().fingerprint();
  CHECK(reason(signed_by(key), facts).empty());
  facts.device->proof_key->back() ^= 1U;
  CHECK(reason(signed_by(key), facts) == "registered_by_another_key");
  facts.device->proof_key.reset();
  CHECK(reason(signed_by(key), facts) == "registered_by_another_key");
}

TEST_CASE("the current certificate proves a renewal, and the answer is the service's", "[authenticate]") {
  const Renewal renewal;
  const auto received = renewal.request();
  const auto verified = authenticator().authenticate(received, renewal.facts, now);
  REQUIRE(verified);
  CHECK(verified->renews());
  CHECK(verified->signed_by() == registry::SignedBy::service);
  CHECK_FALSE(verified->proof_key());
}

TEST_CASE(
    "a certificate that no CA of the service issued to this device proves no renewal, whoever stored it",
    "[authenticate]") {
  Renewal renewal;
  const auto issue = [&](const crypto::Identity& issuer, std::string_view name) {
    renewal.certificate =
        crypto::Issuer(issuer)
            .issue({name, renewal.key.public_key(), crypto::random_serial(), {now - 1h, now + 24h}})
            .value();
    renewal.facts.presented->certificate = renewal.certificate;
  };
  issue(crypto::make_ca(ca().certificate.common_name(), {now - 1h, now + 24h}), "12345");
  CHECK(reason(renewal.request(), renewal.facts) == "certificate_not_issued");
  issue(ca(), "another");
  CHECK(reason(renewal.request(), renewal.facts) == "certificate_not_issued");
  issue(ca(), "12345");
  CHECK(reason(renewal.request(), renewal.facts).empty());
}

TEST_CASE("a renewal needs a certificate of this device that may still renew, and its key",
          "[authenticate]") {
  Renewal renewal;
  SECTION("in grace") {
    renewal.facts.presented->status = "in_grace";
    CHECK(reason(renewal.request(), renewal.facts).empty());
  }
  for (const std::string status : {"expired", "retired", "revoked"}) {
    renewal.facts.presented->status = status;
    CHECK(reason(renewal.request(), renewal.facts) == "certificate_ended: " + status);
  }
  renewal.facts.presented->status = "live";
  SECTION("another key") {
    renewal.key = crypto::PrivateKey::generate(Algorithm::es256);
    CHECK(reason(renewal.request(), renewal.facts) == "renewal_not_signed");
  }
  SECTION("not of this device") {
    renewal.facts.presented.reset();
    CHECK(reason(renewal.request(), renewal.facts) == "unknown_certificate");
  }
  SECTION("a disabled enrolment") {
    renewal.facts.enrolment->enabled = false;
    CHECK(reason(renewal.request(), renewal.facts) == "enrolment_disabled");
  }
  SECTION("an enrolment that is gone") {
    renewal.facts.enrolment.reset();
    CHECK(reason(renewal.request(), renewal.facts) == "enrolment_gone");
  }
  SECTION("a certificate that retention erased") {
    renewal.facts.presented = registry::Presented{{}, "expired", {}};
    CHECK(reason(renewal.request(), renewal.facts) == "certificate_erased");
  }
}

TEST_CASE("a certificate of the service is no factory's proof", "[authenticate]") {
  const Renewal renewal;
  const auto received =
      signed_by(renewal.key, {.group = {}, .chain = {renewal.certificate}, .current_certificate = {}});
  const auto pin = crypto::sha256(renewal.certificate);
  CHECK(reason(received, facts_of(enrolment(Origin::device, ProofKind::x509, {pin.begin(), pin.end()}))) ==
        "certificate_of_the_service");
  const auto der = ca().certificate.der();
  CHECK(reason(received, facts_of(enrolment(Origin::group, ProofKind::x509, {der.begin(), der.end()}))) ==
        "certificate_of_the_service");
}

TEST_CASE("a certificate of a group's CA proves its device, with a signature by its key", "[authenticate]") {
  const auto factory = crypto::make_ca("factory", {now - 24h, now + 24h * 3650});
  const auto key = crypto::PrivateKey::generate(Algorithm::es256);
  const auto leaf = [&](std::string_view id) {
    return crypto::Issuer(factory)
        .issue({id, key.public_key(), crypto::random_serial(), {now - 1h, now + 24h}})
        .value();
  };
  const auto facts = [&] {
    const auto der = factory.certificate.der();
    return facts_of(enrolment(Origin::group, ProofKind::x509, {der.begin(), der.end()}));
  }();
  const auto with = [](const crypto::PrivateKey& by, const crypto::Bytes& certificate,
                       std::optional<std::string> kid = {}) {
    return signed_by(by, {.group = std::move(kid), .chain = {certificate}, .current_certificate = {}});
  };
  CHECK(reason(with(key, leaf("12345")), facts).empty());
  CHECK(reason(with(key, leaf("12345"), "meters"), facts).empty());
  CHECK(reason(with(key, leaf("12345"), "others"), facts) == "kid_of_another_group");
  CHECK(reason(with(key, leaf("12346")), facts) == "certificate_of_another_device");
  CHECK(reason(with(crypto::PrivateKey::generate(Algorithm::es256), leaf("12345")), facts) ==
        "certificate_not_signed");
  CHECK_FALSE(reason(with(key, leaf("12345")), {}).empty());

  auto rolled = facts;
  rolled.enrolment->secondary = std::exchange(rolled.enrolment->material, [&] {
    const auto other = crypto::make_ca("factory 2", {now - 24h, now + 24h * 3650});
    return crypto::Bytes(other.certificate.der().begin(), other.certificate.der().end());
  }());
  CHECK(reason(with(key, leaf("12345")), rolled).empty());
  rolled.enrolment->secondary.clear();
  CHECK_FALSE(reason(with(key, leaf("12345")), rolled).empty());
}

TEST_CASE("both keys of a group are good while one is rolled", "[authenticate]") {
  auto facts = facts_of(key_of_group());
  facts.enrolment->secondary =
      std::exchange(facts.enrolment->material,
                    master().seal("group:meters", crypto::as_bytes("a newer key of that group, 32 b.")));
  CHECK(reason(signed_in_group(), facts).empty());
  facts.enrolment->secondary.clear();
  CHECK(reason(signed_in_group(), facts) == "wrong_key");
}

TEST_CASE("a MAC that fits none of two keys is no wrong key where one of them does not open",
          "[authenticate]") {
  const auto closed = master().seal("group:another", crypto::as_bytes(group_key));
  const auto other = master().seal("group:meters", crypto::as_bytes("a newer key of that group, 32 b."));
  for (const bool first : {true, false}) {
    auto facts = facts_of(key_of_group());
    facts.enrolment->material = first ? closed : other;
    facts.enrolment->secondary = first ? other : closed;
    CHECK(reason(signed_in_group(), facts) == "enrolled_key_not_opened");
  }
}
