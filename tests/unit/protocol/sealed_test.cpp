#include "protocol/sealed.hpp"

#include "crypto/agreement.hpp"
#include "crypto/encoding.hpp"
#include "crypto/jwe.hpp"
#include "protocol/jwk.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

#include <set>

namespace latchkey::protocol {
namespace {

using namespace fixtures;
using crypto::Algorithm;

constexpr std::string_view secret = R"({"password":"correct horse"})";

const crypto::PrivateKey& own() {
  static const auto key = crypto::PrivateKey::generate_p256();
  return key;
}
EncryptionKey own_point() {
  return encryption_key_of(own().public_key());
}

std::string part(const std::string& jwe, std::size_t index) {
  std::istringstream in(jwe);
  std::string text;
  for (std::size_t i = 0; i <= index; ++i)
    std::getline(in, text, '.');
  return text;
}
Json header_of(const std::string& jwe) {
  return Json::parse(crypto::as_text(crypto::base64url_decode(part(jwe, 0)).value()));
}

/// Sealed to us as a peer would that follows its own header, so that what is refused is the header.
std::string sealed_with_header(const Json& header, const crypto::PrivateKey& ephemeral) {
  const auto shared = crypto::agree(ephemeral, own().public_key()).value();
  const auto key = crypto::concat_kdf(shared.view(), {"A256GCM", {}, {}}, 32);
  return crypto::encrypt(header.dump(), secret, key.view());
}
Json good_header(const crypto::PrivateKey& ephemeral) {
  return {{"alg", "ECDH-ES"},
          {"enc", "A256GCM"},
          {"epk", Json::parse(write_encryption_key(encryption_key_of(ephemeral.public_key())))}};
}

std::string fault(std::string_view jwe) {
  const auto opened = open_sealed(jwe, own());
  return opened ? "" : opened.error();
}
std::string spoilt(std::string_view at, std::string_view value) {
  static const auto ephemeral = crypto::PrivateKey::generate_p256();
  return fault(sealed_with_header(with(good_header(ephemeral), at, value), ephemeral));
}
std::string spoilt_dir(std::string_view at, std::string_view value) {
  const Json header{{"alg", "dir"}, {"enc", "A256GCM"}};
  const auto opened =
      open_sealed(crypto::encrypt(with(header, at, value).dump(), secret, key().view()), key());
  return opened ? "" : opened.error();
}

}  // namespace

TEST_CASE("what is sealed to a key opens under its private half alone", "[sealed]") {
  const auto jwe = Sealer(own_point()).seal(secret);
  CHECK(open_sealed(jwe, own()).value().text() == secret);
  CHECK(header_of(jwe).size() == 3);
  CHECK(open_sealed(jwe, crypto::PrivateKey::generate_p256()).error().starts_with("sealed: "));
  CHECK(open_sealed(jwe, crypto::PrivateKey::generate(Algorithm::es384)).error().starts_with("epk: "));
  CHECK(open_sealed(jwe, crypto::PrivateKey::generate(Algorithm::ed25519)).error().starts_with("epk: "));
}

TEST_CASE("what is sealed under a symmetric key opens under it alone", "[sealed]") {
  const auto sealing = sealing_key(key().view());
  const auto jwe = Sealer(sealing.view()).seal(secret);
  CHECK(open_sealed(jwe, sealing).value().text() == secret);
  CHECK(header_of(jwe) == Json{{"alg", "dir"}, {"enc", "A256GCM"}});
  CHECK(open_sealed(jwe, key()).error().starts_with("sealed: "));
}

TEST_CASE("nothing is sealed twice in the same way", "[sealed]") {
  std::set<std::string> ivs;
  std::set<std::string> ephemeral_keys;
  for (int i = 0; i < 20; ++i) {
    const auto jwe = Sealer(own_point()).seal(secret);
    ivs.insert(part(jwe, 2));
    ephemeral_keys.insert(header_of(jwe)["epk"]["x"].get<std::string>());
    ivs.insert(part(Sealer(key().view()).seal(secret), 2));
  }
  CHECK(ivs.size() == 40);
  CHECK(ephemeral_keys.size() == 20);
}

TEST_CASE("alternatives of one message share the key agreement and no IV", "[sealed]") {
  const Sealer sealer(own_point());
  const auto one = sealer.seal(secret);
  const auto other = sealer.seal("{}");
  CHECK(header_of(one) == header_of(other));
  CHECK(part(one, 2) != part(other, 2));
  CHECK(open_sealed(one, own()).value().text() == secret);
  CHECK(open_sealed(other, own()).value().text() == "{}");
}

TEST_CASE("the kind of key that the device holds decides, not the header", "[sealed]") {
  CHECK(open_sealed(Sealer(own_point()).seal(secret), key()).error().starts_with("header: "));
  CHECK(fault(Sealer(key().view()).seal(secret)) == "alg: must be ECDH-ES");
}

TEST_CASE("the header of a sealed text is exactly what its kind needs", "[sealed]") {
  CHECK(spoilt("/alg", R"("ECDH-ES")").empty());
  for (const auto* name : {"zip", "apu", "apv", "kid", "crit", "typ", "cty", "jwk", "x5c", "p2c", "iv"}) {
    CAPTURE(name);
    CHECK(spoilt("/" + std::string(name), R"("DEF")") == "header: has a member that is not known");
    CHECK(spoilt_dir("/" + std::string(name), R"("DEF")") == "header: has a member that is not known");
  }
  for (const auto* alg : {R"("ECDH-ES+A256KW")", R"("dir")", R"("RSA-OAEP")", R"("none")", R"("ecdh-es")"})
    CHECK(spoilt("/alg", alg) == "alg: must be ECDH-ES");
  for (const auto* enc : {R"("A128GCM")", R"("A256CBC-HS512")", R"("a256gcm")", R"("")"}) {
    CHECK(spoilt("/enc", enc) == "enc: must be A256GCM");
    CHECK(spoilt_dir("/enc", enc) == "enc: must be A256GCM");
  }
  CHECK(spoilt("/alg", "") == "alg: is missing");
  CHECK(spoilt("/enc", "") == "enc: is missing");
  CHECK(spoilt("/epk", "") == "epk: is missing");
  CHECK(spoilt_dir("/epk", R"({"kty":"EC"})") == "header: has a member that is not known");
  CHECK(spoilt_dir("/alg", R"("A256GCMKW")") == "alg: must be dir");
}

TEST_CASE("the ephemeral key is a point on P-256 and nothing else", "[sealed]") {
  CHECK(spoilt("/epk", "[]") == "epk: must be an object");
  CHECK(spoilt("/epk/kty", R"("OKP")") == "epk.kty: must be EC");
  CHECK(spoilt("/epk/crv", R"("P-384")") == "epk.crv: must be P-256");
  CHECK(spoilt("/epk/crv", R"("X25519")") == "epk.crv: must be P-256");
  CHECK(spoilt("/epk/x", R"("AAAA")") == "epk.x: must be 32 bytes in base64url");
  CHECK(spoilt("/epk/y", "") == "epk.y: is missing");
  CHECK(spoilt("/epk/d", R"("AAAA")") == "header: has a member that is not known");
  CHECK(spoilt("/epk/kid", R"("AAAA")") == "header: has a member that is not known");
  const auto off_curve = '"' + crypto::base64url_encode(crypto::Bytes(32, 1)) + '"';
  CHECK(spoilt("/epk/x", off_curve) == "epk.x: is not, with y, a point on P-256");
  const auto field = R"("_____wAAAAEAAAAAAAAAAAAAAAD_______________8")";  // p itself: not below p
  CHECK(spoilt("/epk/x", field) == "epk.x: is not, with y, a point on P-256");
}

TEST_CASE("a sealed text is five strict base64url parts, the second empty", "[sealed]") {
  const auto jwe = Sealer(own_point()).seal(secret);
  const auto joined = [&](std::size_t index, const std::string& replacement) {
    std::string out;
    for (std::size_t i = 0; i < 5; ++i)
      out += (i == 0 ? "" : ".") + (i == index ? replacement : part(jwe, i));
    return out;
  };
  CHECK(fault(joined(5, "")).empty());
  CHECK(fault(joined(1, "AAAA")) == "sealed: encrypted key is not empty");
  CHECK(fault(joined(0, "")) == "sealed: protected header is not base64url");
  CHECK(fault(joined(2, part(jwe, 2) + "AAAA")) == "sealed: IV is not 96 bits of base64url");
  CHECK(fault(joined(2, "")) == "sealed: IV is not 96 bits of base64url");
  CHECK(fault(joined(4, part(jwe, 4).substr(0, 16))) == "sealed: tag is not 128 bits of base64url");
  CHECK(fault(joined(3, part(jwe, 3) + "=")) == "sealed: ciphertext is not base64url");
  CHECK(fault(joined(3, "")).starts_with("sealed: "));
  for (const auto& text : {std::string(), std::string("...."), jwe + ".", jwe + "\n", " " + jwe,
                           part(jwe, 0) + "." + part(jwe, 2), R"({"protected":"e30"})" + std::string()}) {
    CAPTURE(text);
    CHECK(fault(text).starts_with("sealed: "));
  }
  CHECK(fault(std::string(8193, '.')) == "sealed: is larger than 8192 bytes");
}

TEST_CASE("secrets are written and read, each of them or both", "[sealed]") {
  const auto clone = [](std::string_view text) { return std::optional(crypto::Secret(text)); };
  const auto both = write_secrets({.password = clone("p\"\\"), .config = clone(R"({"a":{"b":1}})")});
  CHECK(both.text() == R"({"password":"p\"\\","config":{"a":{"b":1}}})");
  CHECK(write_secrets({.password = {}, .config = clone("{}")}).text() == R"({"config":{}})");
  CHECK(write_secrets({.password = {}, .config = {}}).text() == "{}");
  const auto read = read_secrets(both.text());
  REQUIRE(read);
  CHECK(read->password->text() == "p\"\\");
  CHECK(read->config->text() == R"({"a":{"b":1}})");
  CHECK_FALSE(read_secrets("{}")->password);
}

TEST_CASE("secrets that are none are refused, without a word of them in the error", "[sealed]") {
  for (const auto* text : {"", "[]", R"({"password":7})", R"({"password":""})", R"({"password":"canary\n"})",
                           R"({"config":"canary"})", R"({"password":"canary","password":"canary"})",
                           R"({"password":"canary")"}) {
    CAPTURE(text);
    const auto read = read_secrets(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().find("canary") == std::string::npos);
  }
}

}  // namespace latchkey::protocol
