#include "protocol/jwk.hpp"

#include "crypto/encoding.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

#include <algorithm>

namespace latchkey::protocol {
namespace {

using namespace fixtures;
using crypto::Algorithm;

// RFC 7515, A.3.1; RFC 8037, A.2; RFC 7638, 3.1.
const Json p256 = Json::parse(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
const Json ed25519 =
    Json::parse(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
const Json rsa = Json::parse(R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx)"
                             R"(4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W)"
                             R"(-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8)"
                             R"(KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f)"
                             R"(M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",)"
                             R"("e":"AQAB","alg":"RS256","kid":"2011-04-29"})");

std::string fault(const Json& jwk) {
  const auto key = read_public_jwk(jwk.dump());
  return key ? "" : key.error();
}

}  // namespace

TEST_CASE("a public JWK of every accepted kind is read") {
  CHECK(read_public_jwk(p256.dump()).value().algorithm() == Algorithm::es256);
  CHECK(read_public_jwk(ed25519.dump()).value().algorithm() == Algorithm::ed25519);
  CHECK(read_public_jwk(rsa.dump()).value().algorithm() == Algorithm::rs256);
}

TEST_CASE("a key written as a JWK is the same key when it is read") {
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    const auto key = crypto::PrivateKey::generate(algorithm).public_key();
    const auto read = read_public_jwk(write_public_jwk(key));
    REQUIRE(read);
    CHECK(std::ranges::equal(read->spki(), key.spki()));
  }
}

TEST_CASE("a private key is refused, whatever else is wrong") {
  for (const auto* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    CAPTURE(name);
    const auto told = std::string(name) + ": is of a private key: it stays in the device";
    CHECK(fault(with(p256, "/" + std::string(name), R"("AAAA")")) == told);
    CHECK(fault({{"kty", "oct"}, {name, 1}}) == told);
  }
}

TEST_CASE("a key of another kind is refused") {
  CHECK(fault({{"kty", "oct"}}) == "crv: is missing");
  CHECK(fault(with(p256, "/kty", "")) == "kty: is missing");
  const std::string kinds = "is not EC with P-256 or P-384, OKP with Ed25519, or RSA";
  CHECK(fault(with(p256, "/kty", R"("ec")")) == "kty: " + kinds);
  CHECK(fault(with(p256, "/kty", R"("OKP")")) == "crv: " + kinds);
  for (const auto* curve : {R"("P-521")", R"("secp256k1")", R"("p-256")", R"("")"}) {
    CAPTURE(curve);
    CHECK(fault(with(p256, "/crv", curve)) == "crv: " + kinds);
  }
  CHECK(fault(with(ed25519, "/crv", R"("X25519")")) == "crv: " + kinds);
}

TEST_CASE("a key whose numbers are no key of its kind is refused") {
  CHECK(fault(with(p256, "/x", "")) == "x: is missing");
  CHECK(fault(with(p256, "/y", "1")) == "y: must be a string");
  CHECK(fault(with(p256, "/x", R"("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=")")) ==
        "x: must be base64url");
  CHECK(fault(with(p256, "/crv", R"("P-384")")) == "jwk: a coordinate is not of the curve's size");
  CHECK(fault(with(p256, "/y", R"("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4")"))
            .starts_with("jwk: the point is not on its curve"));
  CHECK(fault(with(ed25519, "/x", R"("11qYAYKxCrfVS_7TyWQHOg")")) == "jwk: an Ed25519 key has 32 bytes");
  CHECK(fault(with(rsa, "/n", R"("0vx7agoebGcQSuuPiLJXZg")")) == "jwk: RSA of 128 bits");
  CHECK(fault(with(rsa, "/e", R"("Aw")")) == "jwk: RSA exponent out of range");
  CHECK(fault(with(rsa, "/e", R"("AAEAAQ")")) == "jwk: an RSA number is empty or begins with a zero");
  std::string too_long = "\"";
  too_long.append(8000, 'B').append("\"");
  CHECK(fault(with(rsa, "/n", too_long)) == "jwk: RSA number too long");
}

TEST_CASE("a key for another use is refused") {
  CHECK(fault(with(p256, "/alg", R"("ES256")")).empty());
  CHECK(fault(with(ed25519, "/alg", R"("EdDSA")")).empty());
  CHECK(fault(with(p256, "/use", R"("sig")")).empty());
  CHECK(fault(with(p256, "/shiny", R"({"a":1})")).empty());
  CHECK(fault(with(p256, "/alg", R"("ECDH-ES")")) == "alg: must be ES256 for this key");
  CHECK(fault(with(rsa, "/alg", R"("PS256")")) == "alg: must be RS256 for this key");
  CHECK(fault(with(p256, "/use", R"("enc")")) == "use: must be sig");
}

TEST_CASE("a JWK is strict JSON") {
  CHECK(read_public_jwk("").error() == "jwk: is not a JSON object");
  CHECK(read_public_jwk("[" + p256.dump() + "]").error() == "jwk: is not a JSON object");
  CHECK(read_public_jwk(R"({"kty":"EC","kty":"EC"})").error() == "jwk: has kty twice");
}

}  // namespace latchkey::protocol
