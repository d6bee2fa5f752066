#include "crypto/key.hpp"

#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/crypto/hex.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

using made_with_openssl::ec_key;
using made_with_openssl::ed25519_key;
using made_with_openssl::pem;
using made_with_openssl::rsa_key;
using made_with_openssl::spki;

Fault fault_of(ByteView der) {
  const Result<PublicKey> key = PublicKey::from_spki(der);
  REQUIRE_FALSE(key);
  return key.error().fault;
}

TEST_CASE("Public keys of the four accepted kinds are read", "[key]") {
  CHECK(PublicKey::from_spki(spki(ec_key("P-256"))).value().algorithm() == Algorithm::es256);
  CHECK(PublicKey::from_spki(spki(ec_key("P-384"))).value().algorithm() == Algorithm::es384);
  CHECK(PublicKey::from_spki(spki(ed25519_key())).value().algorithm() == Algorithm::ed25519);
  CHECK(PublicKey::from_spki(spki(rsa_key(2048))).value().algorithm() == Algorithm::rs256);
}

TEST_CASE("A public key keeps its SubjectPublicKeyInfo and is named by its SHA-256", "[key]") {
  const Bytes der = spki(ec_key("P-256"));
  const PublicKey key = PublicKey::from_spki(der).value();
  CHECK(std::ranges::equal(key.spki(), der));
  CHECK(key.fingerprint() == sha256(der));
}

TEST_CASE("A key that was read is the key that OpenSSL's own decoder reads", "[key]") {
  for (const auto& original : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
    const PublicKey key = PublicKey::from_spki(spki(original)).value();
    CHECK(EVP_PKEY_eq(key.handle(), original.get()) == 1);
  }
}

TEST_CASE("Keys of other kinds and sizes are weak", "[key]") {
  CHECK(fault_of(spki(ec_key("P-521"))) == Fault::weak_key);
  CHECK(fault_of(spki(ec_key("P-224"))) == Fault::weak_key);
  CHECK(fault_of(spki(ec_key("secp256k1"))) == Fault::weak_key);
  CHECK(fault_of(spki(rsa_key(1024))) == Fault::weak_key);
  CHECK(fault_of(spki(rsa_key(2040))) == Fault::weak_key);
  CHECK(fault_of(spki(rsa_key(2048, 3))) == Fault::weak_key);
  CHECK(fault_of(spki(rsa_key(2048, 65535))) == Fault::weak_key);
}

TEST_CASE("A point that is not on its curve is malformed", "[key]") {
  const char* const curve = GENERATE("P-256", "P-384");
  Bytes der = spki(ec_key(curve));
  der.back() ^= 1;
  CHECK(fault_of(der) == Fault::malformed);
}

TEST_CASE("Coordinates that are not below the field's prime are malformed", "[key]") {
  Bytes der = spki(ec_key("P-256"));
  std::fill(der.end() - 64, der.end(), std::uint8_t{0xff});
  CHECK(fault_of(der) == Fault::malformed);
}

TEST_CASE("Compressed, hybrid and infinite points are malformed", "[key]") {
  const Bytes der = spki(ec_key("P-256"));
  const std::size_t point = 26;
  const auto parity = static_cast<std::uint8_t>(der.back() & 1);

  Bytes hybrid = der;
  hybrid[point] = static_cast<std::uint8_t>(0x06 | parity);
  CHECK(fault_of(hybrid) == Fault::malformed);

  Bytes compressed(der.begin(), der.begin() + point + 33);
  compressed[point] = static_cast<std::uint8_t>(0x02 | parity);
  compressed[1] = 0x39;
  compressed[24] = 0x22;
  CHECK(fault_of(compressed) == Fault::malformed);

  Bytes infinite(der.begin(), der.begin() + point + 1);
  infinite[point] = 0;
  infinite[1] = 0x19;
  infinite[24] = 0x02;
  CHECK(fault_of(infinite) == Fault::malformed);
}

TEST_CASE("A SubjectPublicKeyInfo cut anywhere or with a trailing byte is malformed", "[key]") {
  for (const auto& key : {ec_key("P-256"), ed25519_key(), rsa_key(2048)}) {
    Bytes der = spki(key);
    for (std::size_t size = 0; size < der.size(); ++size) {
      REQUIRE(fault_of(ByteView(der).first(size)) == Fault::malformed);
    }
    der.push_back(0);
    CHECK(fault_of(der) == Fault::malformed);
  }
}

TEST_CASE("A length that is not in its shortest form is malformed", "[key]") {
  const Bytes der = spki(ec_key("P-256"));
  Bytes longer{0x30, 0x81};
  longer.insert(longer.end(), der.begin() + 1, der.end());
  CHECK(fault_of(longer) == Fault::malformed);
}

TEST_CASE("A signature verifies over its message only", "[key]") {
  const PrivateKey key = PrivateKey::generate_p256();
  const Bytes signature = key.sign(as_bytes("message"));
  CHECK(signature.size() == 64);
  CHECK(key.public_key().verify(as_bytes("message"), signature));
  CHECK(key.public_key().verify(as_bytes("messag"), signature).error().fault == Fault::bad_signature);
  CHECK_FALSE(PrivateKey::generate_p256().public_key().verify(as_bytes("message"), signature));
}

TEST_CASE("Every accepted kind of private key signs what its public key verifies", "[key]") {
  for (const auto& made : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
    const Result<PrivateKey> key = PrivateKey::from_pem(as_bytes(pem(made)));
    REQUIRE(key);
    const Bytes signature = key->sign(as_bytes("message"));
    CHECK(key->public_key().verify(as_bytes("message"), signature));
    CHECK_FALSE(key->public_key().verify(as_bytes("Message"), signature));
  }
}

TEST_CASE("An ECDSA signature of a wrong length is refused", "[key]") {
  const PrivateKey key = PrivateKey::generate_p256();
  const Bytes signature = key.sign(as_bytes("message"));
  for (std::size_t size = 0; size < 64; ++size) {
    REQUIRE_FALSE(key.public_key().verify(as_bytes("message"), ByteView(signature).first(size)));
  }
  Bytes longer = signature;
  longer.push_back(0);
  CHECK_FALSE(key.public_key().verify(as_bytes("message"), longer));
}

TEST_CASE("A signature with r or s of zero, or of the curve's order, is refused", "[key]") {
  const PrivateKey key = PrivateKey::generate_p256();
  const Bytes good = key.sign(as_bytes("message"));
  const Bytes order = from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::ptrdiff_t half = GENERATE(0, 32);
  const Bytes number = GENERATE_COPY(Bytes(32, 0), order, Bytes(32, 0xff));
  Bytes signature = good;
  std::ranges::copy(number, signature.begin() + half);
  const Result<void> verified = key.public_key().verify(as_bytes("message"), signature);
  REQUIRE_FALSE(verified);
  CHECK(verified.error().what == "ECDSA signature out of range");
}

TEST_CASE("A second form of an Ed25519 signature, its S one order larger, is refused", "[key]") {
  const PrivateKey key = PrivateKey::generate(Algorithm::ed25519);
  Bytes signature = key.sign(as_bytes("message"));
  REQUIRE(key.public_key().verify(as_bytes("message"), signature));
  const Bytes order =
      from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");  // RFC 8032, 5.1
  unsigned carry = 0;
  for (std::size_t at = 0; at < order.size(); ++at) {
    carry += signature[32 + at] + unsigned{order[at]};
    signature[32 + at] = static_cast<std::uint8_t>(carry & 0xff);
    carry >>= 8;
  }
  CHECK_FALSE(key.public_key().verify(as_bytes("message"), signature));
}

TEST_CASE("A signature of another length than its algorithm's is refused", "[key]") {
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    const PrivateKey key = PrivateKey::generate(algorithm);
    const Bytes good = key.sign(as_bytes("message"));
    REQUIRE(key.public_key().verify(as_bytes("message"), good));
    Bytes longer = good;
    longer.push_back(0);
    CHECK_FALSE(key.public_key().verify(as_bytes("message"), longer));
    longer = good;
    longer.insert(longer.begin(), 0);
    CHECK_FALSE(key.public_key().verify(as_bytes("message"), longer));
    CHECK_FALSE(key.public_key().verify(as_bytes("message"), ByteView(good).first(good.size() - 1)));
    CHECK_FALSE(key.public_key().verify(as_bytes("message"), ByteView(good).subspan(1)));
    CHECK_FALSE(key.public_key().verify(as_bytes("message"), {}));
  }
}

TEST_CASE("A generated key is of the algorithm asked for, and survives PEM and its numbers", "[key]") {
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    const PrivateKey key = PrivateKey::generate(algorithm);
    CHECK(key.algorithm() == algorithm);
    const PrivateKey again = PrivateKey::from_pem(key.to_pem().view()).value();
    CHECK(std::ranges::equal(again.public_key().spki(), key.public_key().spki()));
    const PublicKey made = PublicKey::from_numbers(algorithm, key.public_key().numbers()).value();
    CHECK(std::ranges::equal(made.spki(), key.public_key().spki()));
  }
}

std::string public_pem(const made_with_openssl::Key& key) {
  BIO* memory = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PUBKEY(memory, key.get()) == 1);
  return made_with_openssl::text_of(memory);
}

TEST_CASE("A public key is read from PEM", "[key]") {
  for (const auto& made : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
    const Result<PublicKey> key = PublicKey::from_pem(as_bytes("a comment\n" + public_pem(made)));
    REQUIRE(key);
    CHECK(std::ranges::equal(key->spki(), spki(made)));
  }
  CHECK(PublicKey::from_pem(as_bytes(public_pem(ec_key("P-521")))).error().fault == Fault::weak_key);
}

TEST_CASE("A text that is not one public key in PEM is refused, one with a private key by its name",
          "[key]") {
  const auto made = ec_key("P-256");
  const Result<PublicKey> from_private = PublicKey::from_pem(as_bytes(public_pem(made) + pem(made)));
  CHECK(from_private.error().fault == Fault::refused);
  CHECK(from_private.error().what == "this is a private key: it belongs to its device alone");
  CHECK(PublicKey::from_pem(as_bytes(pem(made, "secret"))).error().fault == Fault::refused);
  CHECK(PublicKey::from_pem(as_bytes(public_pem(made) + public_pem(made))).error().fault == Fault::malformed);
  CHECK(PublicKey::from_pem({}).error().fault == Fault::malformed);
  CHECK(PublicKey::from_pem(as_bytes("-----BEGIN PUBLIC KEY-----\nAAAA\n")).error().fault ==
        Fault::malformed);
}

TEST_CASE("A private key survives PEM", "[key]") {
  const PrivateKey key = PrivateKey::generate_p256();
  const Secret pem = key.to_pem();
  CHECK(pem.text().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const PrivateKey again = PrivateKey::from_pem(pem.view()).value();
  CHECK(std::ranges::equal(again.public_key().spki(), key.public_key().spki()));
}

TEST_CASE("A private key of a kind that is not accepted is weak", "[key]") {
  CHECK(PrivateKey::from_pem(as_bytes(pem(ec_key("secp256k1")))).error().fault == Fault::weak_key);
}

TEST_CASE("The traditional form of an EC key is read too, with its parameters before it", "[key]") {
  BIO* text = BIO_new(BIO_s_mem());
  const auto key = ec_key("P-256");
  REQUIRE(BIO_puts(text, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n") >
          0);
  REQUIRE(PEM_write_bio_PrivateKey_traditional(text, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  const Result<PrivateKey> read = PrivateKey::from_pem(as_bytes(made_with_openssl::text_of(text)));
  REQUIRE(read);
  CHECK(EVP_PKEY_eq(read->handle(), key.get()) == 1);
}

TEST_CASE("Text that is no private key is refused, and so is one with a password", "[key]") {
  CHECK(PrivateKey::from_pem({}).error().fault == Fault::malformed);
  CHECK(PrivateKey::from_pem(as_bytes("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
            .error()
            .fault == Fault::malformed);
  CHECK(PrivateKey::from_pem(as_bytes(pem(ec_key("P-256"), "secret"))).error().fault == Fault::malformed);
}

TEST_CASE("A private key file whose halves do not belong together is refused", "[key]") {
  // ECPrivateKey of RFC 5915 with the public point of another key.
  const auto mine = ec_key("P-256");
  const auto other = ec_key("P-256");
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(mine.get(), &der);
  REQUIRE(size > 65);
  const Bytes point = spki(other);
  std::copy(point.end() - 65, point.end(), der + size - 65);
  BIO* text = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio(text, "EC PRIVATE KEY", "", der, size) > 0);
  OPENSSL_free(der);
  CHECK_FALSE(PrivateKey::from_pem(as_bytes(made_with_openssl::text_of(text))));
}

TEST_CASE("Algorithms have the names of the JOSE registry", "[key]") {
  CHECK(name_of(Algorithm::hs256) == "HS256");
  CHECK(name_of(Algorithm::es256) == "ES256");
  CHECK(name_of(Algorithm::es384) == "ES384");
  CHECK(name_of(Algorithm::rs256) == "RS256");
  CHECK(name_of(Algorithm::ed25519) == "Ed25519");
}

}  // namespace
}  // namespace latchkey::crypto
