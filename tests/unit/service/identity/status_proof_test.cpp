#include "protocol/status.hpp"
#include "service/identity/password.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::fixtures;
using registry::Origin;
using registry::ProofKind;

namespace {

constexpr std::int64_t generation = 3;
constexpr std::string_view login = "12345@3";

std::string payload() {
  protocol::StatusMessage connected;
  connected.kind = protocol::StatusKind::connected;
  connected.session = "session-1";
  connected.generation = generation;
  protocol::Connection connection;
  connection.host = "broker.example";
  return protocol::encode_signed_status(connected, "12345", connection);
}

std::string by_key(std::string_view key, const std::optional<std::string>& kid = {}) {
  return protocol::sign_status(payload(), crypto::as_bytes(key), kid);
}

crypto::Bytes certificate(std::string_view name = "12345", const crypto::Identity& issuer = ca()) {
  return crypto::Issuer(issuer)
      .issue({name, device_private_key().public_key(), crypto::random_serial(), {now - 1h, now + 24h}})
      .value();
}

registry::StatusFacts status_facts(registry::Enrolment enrolment, crypto::Bytes der = {}) {
  registry::StatusFacts facts;
  facts.enrolment = std::move(enrolment);
  facts.credential.emplace();
  facts.credential->generation = generation;
  facts.credential->certificate = std::move(der);
  return facts;
}

registry::StatusFacts facts_with_password() {
  auto facts = status_facts(token_of(Origin::group));
  facts.credential->type = protocol::CredentialType::password;
  facts.credential->salt = crypto::Bytes(16, 7);
  facts.credential->master_key = master().id();
  return facts;
}

/// What a device with the password of this generation says.
std::string by_password(std::int64_t of = generation) {
  const auto password = password_of(master(), master().id(), crypto::Bytes(16, 7), device(), of).value();
  return protocol::sign_status(payload(), protocol::status_key(password.view()).view(), std::string(login));
}

std::string by_certificate(const crypto::Bytes& der, const crypto::PrivateKey& key = device_private_key()) {
  return protocol::sign_status(payload(), key, crypto::sha256(der));
}

/// "" if the device, or the holder of its credential, said it; else what is wrong.
std::string wrong(std::string_view jws, registry::StatusFacts facts) {
  const auto received = protocol::decode_status(device(), jws);
  REQUIRE(received);
  RegisteredDevice registered{device(), facts};
  const auto why = authenticator().why_not_proven(registered, received->proof.value().signature);
  if (!why) return "";
  CHECK(why->id() == "connected_not_proven");
  return why->detail;
}

}  // namespace

TEST_CASE("a symmetric key proves connected, whatever the credential is", "[status_proof]") {
  CHECK(wrong(by_key(own_key), status_facts(key_of_device(), certificate())).empty());
  CHECK(wrong(by_key(own_key, "any"), status_facts(key_of_device())).empty());
  const auto derived = protocol::device_key(crypto::as_bytes(group_key), "12345");
  CHECK(wrong(by_key(derived.text(), "meters"), status_facts(key_of_group())).empty());
  auto rolled = key_of_group();
  rolled.secondary = std::exchange(rolled.material, master().seal("group:meters", crypto::as_bytes(own_key)));
  CHECK(wrong(by_key(derived.text(), "meters"), status_facts(rolled)).empty());
}

TEST_CASE("another key, another group's and the group's own prove no connected", "[status_proof]") {
  CHECK(wrong(by_key(group_key), status_facts(key_of_device())) == "wrong key");
  CHECK(wrong(by_key(group_key, "meters"), status_facts(key_of_group())) == "wrong key");
  const auto derived = protocol::device_key(crypto::as_bytes(group_key), "12345");
  const auto answers = protocol::answer_key(derived.view());
  CHECK(wrong(by_key(answers.text(), "meters"), status_facts(key_of_group())) == "wrong key");
  for (const std::optional<std::string>& kid :
       {std::optional<std::string>(), std::optional<std::string>("sensors")})
    CHECK(wrong(by_key(derived.text(), kid), status_facts(key_of_group())) ==
          "kid names neither its group nor its login");
  CHECK(wrong(by_key(own_key), status_facts(token_of(Origin::group))) == "the device has no symmetric key");
  auto gone = status_facts(key_of_device());
  gone.enrolment.reset();
  CHECK(wrong(by_key(own_key), gone) == "the device has no symmetric key");
}

TEST_CASE("the key of its certificate proves connected, whatever the enrolment is", "[status_proof]") {
  const auto der = certificate();
  for (const auto& enrolment : {token_of(Origin::group), key_of_device()})
    CHECK(wrong(by_certificate(der), status_facts(enrolment, der)).empty());
}

TEST_CASE("a certificate proves connected only of its own generation, device, key and CA", "[status_proof]") {
  const auto der = certificate();
  const auto wrong_with = [&](const std::string& jws, const crypto::Bytes& registered) {
    return wrong(jws, status_facts(token_of(Origin::group), registered));
  };
  CHECK(wrong_with(by_certificate(certificate()), der) ==
        "x5t#S256 is not the certificate of its generation");
  CHECK(wrong_with(by_certificate(der), {}) == "x5t#S256 is not the certificate of its generation");
  const auto other_key = crypto::PrivateKey::generate_p256();
  CHECK(wrong_with(by_certificate(der, other_key), der) == "not signed under its certificate");
  CHECK(wrong_with(by_certificate(der, crypto::PrivateKey::generate(crypto::Algorithm::ed25519)), der) ==
        "another algorithm than that of its certificate");
  const auto of_another = certificate("12346");
  const auto by_another = certificate("12345", crypto::make_ca("devices", {now - 24h, now + 24h}));
  for (const auto& planted : {of_another, by_another})
    CHECK(wrong_with(by_certificate(planted), planted) == "no CA of the service issued its certificate");
}

TEST_CASE("a password proves connected", "[status_proof]") {
  CHECK(wrong(by_password(), facts_with_password()).empty());
}

TEST_CASE("a password proves connected only of its own generation, and under its own name",
          "[status_proof]") {
  CHECK(wrong(by_password(generation - 1), facts_with_password()) == "wrong password");
  const auto password =
      password_of(master(), master().id(), crypto::Bytes(16, 7), device(), generation).value();
  CHECK(wrong(by_key(password.text(), std::string(login)), facts_with_password()) == "wrong password");
  const auto key = protocol::status_key(password.view());
  CHECK(wrong(by_key(key.text(), "12345@2"), facts_with_password()) == "the device has no symmetric key");
  CHECK(wrong(by_password(), status_facts(key_of_device(), certificate())) ==
        "its credential is no password");
  auto older = facts_with_password();
  older.credential->master_key = {};
  CHECK(wrong(by_password(), older) == "the master key of its password is gone");
}
