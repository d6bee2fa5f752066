#include "crypto/mac.hpp"

#include "support/catch.hpp"
#include "unit/crypto/aead_seal.hpp"
#include "unit/crypto/hex.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

TEST_CASE("SHA-256 of nothing and of abc are the published digests", "[mac]") {
  CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("HMAC-SHA256 agrees with the vectors of RFC 4231", "[mac]") {
  CHECK(to_hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(Bytes(131, 0xaa),
                           as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA256 takes an empty key and empty data, and keeps no key from the call before", "[mac]") {
  const Sha256Digest other = hmac_sha256(Bytes(32, 1), {});
  const Sha256Digest empty = hmac_sha256({}, {});
  CHECK(to_hex(empty) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  CHECK(empty != other);
}

TEST_CASE("A derived key depends on the key and on the label", "[mac]") {
  const Bytes key(32, 7);
  const Secret derived = derive_key(key, "provisioning-response v1");
  CHECK(to_hex(derived.view()) == to_hex(hmac_sha256(key, as_bytes("provisioning-response v1"))));
  CHECK(to_hex(derived.view()) != to_hex(derive_key(key, "provisioning-sealed v1").view()));
  CHECK(to_hex(derived.view()) != to_hex(derive_key(Bytes(32, 8), "provisioning-response v1").view()));
}

TEST_CASE("Random bytes have the size asked for and do not repeat", "[mac]") {
  CHECK(random_bytes(0).empty());
  CHECK(random_bytes(32).size() == 32);
  CHECK(random_bytes(32) != random_bytes(32));
}

const Bytes key(32, 0x42);
const Bytes context = to_bytes("enrolment/12345");
const Bytes plaintext = to_bytes("a key that rests in a table");

TEST_CASE("What was sealed opens under the same key and associated data", "[aead]") {
  const Bytes sealed = aead_seal(key, context, plaintext);
  CHECK(sealed.size() == 12 + plaintext.size() + 16);
  CHECK(aead_open(key, context, sealed).value().text() == as_text(plaintext));
}

TEST_CASE("An empty plaintext and empty associated data can be sealed", "[aead]") {
  const Bytes sealed = aead_seal(key, {}, {});
  const Result<Secret> opened = aead_open(key, {}, sealed);
  REQUIRE(opened);
  CHECK(opened->empty());
  CHECK_FALSE(aead_open(key, context, sealed));
}

TEST_CASE("Sealing twice gives different texts", "[aead]") {
  CHECK(aead_seal(key, context, plaintext) != aead_seal(key, context, plaintext));
}

TEST_CASE("A sealed text with any bit changed does not open", "[aead]") {
  Bytes sealed = aead_seal(key, context, plaintext);
  for (std::size_t at = 0; at < sealed.size() * 8; ++at) {
    const auto bit = static_cast<std::uint8_t>(1U << at % 8);
    sealed[at / 8] ^= bit;
    const Result<Secret> opened = aead_open(key, context, sealed);
    REQUIRE_FALSE(opened);
    REQUIRE(opened.error().fault == Fault::bad_signature);
    sealed[at / 8] ^= bit;
  }
  CHECK(aead_open(key, context, sealed));
}

TEST_CASE("A sealed text does not open under another key or for another use", "[aead]") {
  const Bytes sealed = aead_seal(key, context, plaintext);
  CHECK_FALSE(aead_open(Bytes(32, 0x43), context, sealed));
  CHECK_FALSE(aead_open(key, to_bytes("enrolment/12346"), sealed));
}

TEST_CASE("A sealed text cut anywhere is refused", "[aead]") {
  const Bytes sealed = aead_seal(key, context, plaintext);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    REQUIRE_FALSE(aead_open(key, context, ByteView(sealed).first(size)));
  }
}

}  // namespace
}  // namespace latchkey::crypto
