// The appendices of the JOSE RFCs, as far as they are about what this protocol uses: data/rfc_vectors.json.

#include "crypto/agreement.hpp"
#include "crypto/encoding.hpp"
#include "crypto/jwe.hpp"
#include "protocol/jwk.hpp"
#include "support/catch.hpp"
#include "unit/crypto/hex.hpp"
#include "unit/protocol/fixtures.hpp"

#include <algorithm>

namespace latchkey::protocol {
namespace {

using namespace fixtures;

const Json& vectors() {
  static const Json all =
      Json::parse(read_file(repository_path("tests/unit/protocol/data/rfc_vectors.json")));
  return all;
}

std::string text(const Json& object, const char* name) {
  return object.at(name).get<std::string>();
}
crypto::Bytes decoded(const Json& object, const char* name) {
  return crypto::base64url_decode(text(object, name)).value();
}
crypto::Bytes hex(const Json& object, const char* name) {
  return crypto::from_hex(text(object, name));
}

crypto::PublicKey public_key(const Json& point) {
  return public_key_of({.x = decoded(point, "x"), .y = decoded(point, "y")}).value();
}

/// ECPrivateKey (RFC 5915, 3) of P-256.
crypto::PrivateKey private_key(const Json& point) {
  auto der = crypto::from_hex("30770201010420");
  const auto append = [&](const crypto::Bytes& bytes) { std::ranges::copy(bytes, std::back_inserter(der)); };
  append(decoded(point, "d"));
  append(crypto::from_hex("a00a06082a8648ce3d030107a14403420004"));
  append(decoded(point, "x"));
  append(decoded(point, "y"));
  const auto pem =
      "-----BEGIN EC PRIVATE KEY-----\n" + crypto::base64_encode(der) + "\n-----END EC PRIVATE KEY-----\n";
  return crypto::PrivateKey::from_pem(crypto::as_bytes(pem)).value();
}

crypto::Result<void> verify(const Json& vector, std::string_view jws) {
  const auto parsed = crypto::parse_compact(jws);
  if (!parsed) return std::unexpected(parsed.error());
  if (vector.contains("key")) return crypto::verify_hs256(*parsed, decoded(vector, "key"));
  return crypto::verify_signature(*parsed, read_public_jwk(vector.at("jwk").dump()).value());
}

}  // namespace

TEST_CASE("the signatures of the RFCs' appendices verify, and not with a character changed", "[rfc]") {
  for (const auto& vector : vectors().at("jws")) {
    INFO(text(vector, "source"));
    auto jws = text(vector, "jws");
    CHECK(verify(vector, jws));
    if (vector.contains("jwk"))
      CHECK(crypto::name_of(read_public_jwk(vector.at("jwk").dump())->algorithm()) == text(vector, "alg"));
    for (std::size_t at = 0; at < jws.size(); at += 5) {
      auto changed = jws;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      CHECK_FALSE(verify(vector, changed));
    }
  }
}

TEST_CASE("the keys of the RFCs' appendices that are not for our signatures are refused", "[rfc]") {
  for (const auto& vector : vectors().at("refused_jwk")) {
    INFO(text(vector, "source"));
    const auto key = read_public_jwk(vector.at("jwk").dump());
    REQUIRE_FALSE(key);
    CHECK(key.error().starts_with(text(vector, "error") + ": "));
  }
}

TEST_CASE("RFC 7518, appendix C: both sides agree on its secret, and derive its key", "[rfc]") {
  const auto& vector = vectors().at("ecdh_es");
  const auto alice = private_key(vector.at("ephemeral"));
  const auto bob = private_key(vector.at("recipient"));
  const auto shared = crypto::agree(alice, public_key(vector.at("recipient"))).value();
  CHECK(std::ranges::equal(shared.view(), hex(vector, "shared_hex")));
  CHECK(std::ranges::equal(crypto::agree(bob, public_key(vector.at("ephemeral"))).value().view(),
                           shared.view()));
  const auto algorithm = text(vector, "algorithm");
  const auto apu = decoded(vector, "apu");
  const auto apv = decoded(vector, "apv");
  const auto key = crypto::concat_kdf(shared.view(), {algorithm, apu, apv}, 16);
  CHECK(std::ranges::equal(key.view(), decoded(vector, "key")));
  CHECK_FALSE(
      std::ranges::equal(crypto::concat_kdf(shared.view(), {algorithm, apv, apu}, 16).view(), key.view()));
  CHECK_FALSE(
      std::ranges::equal(crypto::concat_kdf(shared.view(), {algorithm, {}, {}}, 16).view(), key.view()));
}

TEST_CASE("keys of different curves agree on nothing", "[rfc]") {
  using crypto::Algorithm;
  const auto p256 = crypto::PrivateKey::generate(Algorithm::es256);
  for (const auto other : {Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    const auto key = crypto::PrivateKey::generate(other);
    CHECK(crypto::agree(p256, key.public_key()).error().fault == crypto::Fault::refused);
    CHECK(crypto::agree(key, p256.public_key()).error().fault == crypto::Fault::refused);
  }
}

TEST_CASE("RFC 7516, A.1: its content opens under its key", "[rfc]") {
  const auto& vector = vectors().at("a256gcm");
  const auto compact = text(vector, "header") + ".." + text(vector, "iv") + "." + text(vector, "ciphertext") +
                       "." + text(vector, "tag");
  const auto jwe = crypto::parse_compact_jwe(compact).value();
  CHECK(crypto::decrypt(jwe, hex(vector, "key_hex")).value().text() == text(vector, "plaintext"));
}

}  // namespace latchkey::protocol
