#include "crypto/jws.hpp"

#include "crypto/encoding.hpp"
#include "support/catch.hpp"
#include "unit/crypto/hex.hpp"

namespace latchkey::crypto {
namespace {

// RFC 7515, A.1.
const std::string hs256_jws =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const Bytes hs256_key =
    base64url_decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
        .value();

// RFC 7515, A.3.
const std::string es256_jws =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

PublicKey es256_key() {
  Bytes spki = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
  for (const std::string_view coordinate :
       {"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}) {
    const Bytes octets = base64url_decode(coordinate).value();
    spki.insert(spki.end(), octets.begin(), octets.end());
  }
  return PublicKey::from_spki(spki).value();
}

TEST_CASE("The HS256 example of RFC 7515 verifies", "[jws]") {
  const CompactJws jws = parse_compact(hs256_jws).value();
  CHECK(as_text(jws.header) == "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
  CHECK(as_text(jws.payload).starts_with("{\"iss\":\"joe\""));
  CHECK(verify_hs256(jws, hs256_key));
}

TEST_CASE("Signing the HS256 example of RFC 7515 gives its text", "[jws]") {
  const CompactJws jws = parse_compact(hs256_jws).value();
  CHECK(sign_hs256(as_text(jws.header), as_text(jws.payload), hs256_key) == hs256_jws);
}

TEST_CASE("The ES256 example of RFC 7515 verifies", "[jws]") {
  CHECK(verify_signature(parse_compact(es256_jws).value(), es256_key()));
}

TEST_CASE("A JWS with any character changed does not verify under HS256", "[jws]") {
  for (std::size_t at = 0; at < hs256_jws.size(); ++at) {
    std::string text = hs256_jws;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    const Result<CompactJws> jws = parse_compact(text);
    REQUIRE_FALSE((jws && verify_hs256(*jws, hs256_key)));
  }
}

TEST_CASE("A JWS whose header, payload or signature was changed does not verify under ES256", "[jws]") {
  const PublicKey key = es256_key();
  for (std::size_t at = 0; at < es256_jws.size(); at += 3) {
    std::string text = es256_jws;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    const Result<CompactJws> jws = parse_compact(text);
    REQUIRE_FALSE((jws && verify_signature(*jws, key)));
  }
}

TEST_CASE("A JWS does not verify under another key", "[jws]") {
  Bytes other = hs256_key;
  other[0] ^= 1;
  CHECK(verify_hs256(parse_compact(hs256_jws).value(), other).error().fault == Fault::bad_signature);
  const PublicKey other_key = PrivateKey::generate_p256().public_key();
  CHECK(verify_signature(parse_compact(es256_jws).value(), other_key).error().fault == Fault::bad_signature);
}

TEST_CASE("A MAC cut short or made longer does not verify", "[jws]") {
  CompactJws jws = parse_compact(hs256_jws).value();
  const Bytes whole = jws.signature;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    jws.signature.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    REQUIRE_FALSE(verify_hs256(jws, hs256_key));
  }
  jws.signature = whole;
  jws.signature.push_back(0);
  CHECK_FALSE(verify_hs256(jws, hs256_key));
}

TEST_CASE("HS256 under a key shorter than the hash never verifies", "[jws]") {
  const std::size_t size = GENERATE(std::size_t{0}, std::size_t{16}, std::size_t{31});
  const Bytes key(size, 1);
  const std::string text = sign_hs256("{}", "{}", key);
  CHECK(verify_hs256(parse_compact(text).value(), key).error().fault == Fault::weak_key);
}

TEST_CASE("A DER signature in place of R and S is refused", "[jws]") {
  const std::string text = "e30.e30." + base64url_encode(from_hex("3006020101020101"));
  CHECK_FALSE(verify_signature(parse_compact(text).value(), es256_key()));
}

TEST_CASE("A text of other than three strict parts is refused", "[jws]") {
  const std::string_view text = GENERATE(
      as<std::string_view>{}, "", ".", "..", "e30", "e30.e30", "e30.e30.", ".e30.AAAA", "e30.e30.AAAA.",
      ".e30.e30.AAAA", "e30.e30.AAAA.AAAA", "e30=.e30.AAAA", "e30.e30=.AAAA", "e30.e30.AA==", "e30. e30.AAAA",
      "e30.e30.AAAA\n", "e31.e30.AAAA", "e30.e31.AAAA", "e30.e30.AB", "e30.e3+.AAAA");
  CAPTURE(text);
  const Result<CompactJws> jws = parse_compact(text);
  REQUIRE_FALSE(jws);
  CHECK(jws.error().fault == Fault::malformed);
}

TEST_CASE("What is signed is the first two parts as they were received", "[jws]") {
  const CompactJws jws = parse_compact("e30.e30.AAAA").value();
  CHECK(jws.signing_input == "e30.e30");
}

TEST_CASE("A signed JWS verifies under the signer's public key", "[jws]") {
  const PrivateKey key = PrivateKey::generate_p256();
  const std::string text = sign(R"({"alg":"ES256"})", R"({"status":"accepted"})", key);
  const CompactJws jws = parse_compact(text).value();
  CHECK(jws.signature.size() == 64);
  CHECK(as_text(jws.payload) == R"({"status":"accepted"})");
  CHECK(verify_signature(jws, key.public_key()));
}

}  // namespace
}  // namespace latchkey::crypto
