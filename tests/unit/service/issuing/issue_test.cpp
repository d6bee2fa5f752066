#include "service/issuing/issue.hpp"

#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::fixtures;

namespace {

crypto::Result<registry::NewCredential> issued(std::int64_t lifetime_s = 90 * 86400,
                                               const crypto::Identity& by = ca()) {
  auto facts = facts_of(key_of_group());
  facts.enrolment->policy.lifetime_s = lifetime_s;
  facts.enrolment->policy.unused_life_s = 3600;
  const auto received = signed_in_group();
  const auto verified = authenticator().authenticate(received, facts, now).value();
  const auto decision = Decider(nonces()).decide(verified, facts, now);
  return issue(std::get<Grant>(decision), crypto::Issuer(by), crypto::random_serial(), now);
}

crypto::Certificate certificate_of(const registry::NewCredential& credential) {
  return crypto::Certificate::from_der(credential.certificate).value();
}

crypto::Identity ca_until(crypto::Time end) {
  return crypto::make_ca("devices", {now - 24h, end});
}

}  // namespace

TEST_CASE("a certificate is the device's: its id, its key, signed by the device CA", "[issue]") {
  const auto certificate = certificate_of(issued().value());
  CHECK(certificate.common_name() == "12345");
  CHECK(
      std::ranges::equal(certificate.public_key().value().spki(), device_private_key().public_key().spki()));
  CHECK(certificate.issued_by(ca().certificate));
  CHECK_FALSE(certificate.is_ca());
}

TEST_CASE("a certificate is valid for its group's lifetime, from one hour back on", "[issue]") {
  const auto credential = issued().value();
  CHECK(credential.not_before == now - 1h);
  CHECK(credential.not_after == now + 24h * 90);
  CHECK(certificate_of(credential).not_before() == now - 1h);
  CHECK(certificate_of(credential).not_after() == now + 24h * 90);
}

TEST_CASE("a certificate never outlives the CA", "[issue]") {
  const auto credential = issued(90 * 86400, ca_until(now + 24h * 10)).value();
  CHECK(credential.not_after == now + 24h * 10);
  CHECK(certificate_of(credential).not_after() == now + 24h * 10);
}

TEST_CASE("an expired CA issues nothing", "[issue]") {
  CHECK(issued(90 * 86400, ca_until(now + 1s)));
  CHECK_FALSE(issued(90 * 86400, ca_until(now)));
  CHECK_FALSE(issued(90 * 86400, ca_until(now - 2h)));
}

TEST_CASE("a credential that is never used ends when its group says", "[issue]") {
  CHECK(issued().value().use_by == now + 1h);
}

TEST_CASE("the registry gets what finds and compares a credential later", "[issue]") {
  const auto credential = issued().value();
  const auto& spki = device_private_key().public_key().spki();
  CHECK(credential.type == protocol::CredentialType::x509);
  CHECK(credential.request_id == request().request_id);
  CHECK(credential.digest == protocol::request_digest(protocol::CredentialType::x509, spki, {}));
  CHECK(credential.serial == certificate_of(credential).serial());
  CHECK(credential.serial.size() == 16);
  CHECK(credential.fingerprint == crypto::sha256(credential.certificate));
  CHECK(credential.key_fingerprint == crypto::sha256(spki));
  CHECK(credential.issuer == issuer_id(crypto::sha256(ca().key.public_key().spki())));
  CHECK(credential.signed_by == registry::SignedBy::device_key);
}

TEST_CASE("the hash for brokers that read PBKDF2 only is PBKDF2-HMAC-SHA256 of one iteration", "[issue]") {
  const std::string_view salt = "salt";
  CHECK(crypto::to_hex(pbkdf2_once(crypto::Secret(std::string_view("password")), crypto::as_bytes(salt))) ==
        "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b");
}

TEST_CASE("a device renews at two thirds of the life, a twentieth either way", "[issue]") {
  for (const std::int64_t life : {std::int64_t{60}, std::int64_t{90} * 86400, std::int64_t{3650} * 86400}) {
    const auto start = now.time_since_epoch().count();
    for (std::uint8_t i = 0; i < 250; ++i) {
      const auto at = renew_after(now - 1h, now + std::chrono::seconds(life), crypto::Bytes{i}) - start;
      CHECK(at >= life * 2 / 3 - life / 20);
      CHECK(at <= life * 2 / 3 + life / 20);
    }
  }
}

TEST_CASE("a repeat says the same time to renew", "[issue]") {
  const crypto::Bytes certificate{1, 2, 3};
  CHECK(renew_after(now - 1h, now + 24h * 90, certificate) ==
        renew_after(now - 1h, now + 24h * 90, certificate));
}

TEST_CASE("a fleet that was provisioned in one hour renews over days", "[issue]") {
  const std::int64_t life = 90 * 86400;
  std::vector<std::int64_t> times;
  for (std::uint8_t i = 0; i < 250; ++i)
    times.push_back(renew_after(now - 1h, now + std::chrono::seconds(life), crypto::Bytes{i}));
  std::ranges::sort(times);
  CHECK(times.back() - times.front() > life / 10 * 9 / 10);
  const auto early = std::ranges::lower_bound(times, now.time_since_epoch().count() + life * 2 / 3);
  CHECK(early - times.begin() > 85);
  CHECK(early - times.begin() < 165);
}
