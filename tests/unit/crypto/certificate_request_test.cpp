#include "crypto/certificate_request.hpp"

#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

using made_with_openssl::ec_key;
using made_with_openssl::ed25519_key;
using made_with_openssl::request;
using made_with_openssl::rsa_key;

Error error_of(ByteView der) {
  const Result<CertificateRequest> parsed = CertificateRequest::parse(der);
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

bool refused(ByteView der) {
  const Result<CertificateRequest> parsed = CertificateRequest::parse(der);
  return !parsed || !parsed->verify_self_signature();
}

TEST_CASE("A request of our own has the key, verifies, and is read by OpenSSL", "[csr]") {
  const PrivateKey key = PrivateKey::generate_p256();
  const Bytes der = make_certificate_request(key, "sensor-0001");
  const CertificateRequest parsed = CertificateRequest::parse(der).value();
  CHECK(std::ranges::equal(parsed.key().spki(), key.public_key().spki()));
  CHECK(parsed.verify_self_signature());

  const unsigned char* end = der.data();
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> openssl(
      d2i_X509_REQ(nullptr, &end, static_cast<long>(der.size())), X509_REQ_free);
  REQUIRE(openssl);
  CHECK(end == der.data() + der.size());
  CHECK(X509_REQ_verify(openssl.get(), X509_REQ_get0_pubkey(openssl.get())) == 1);
  CHECK(X509_REQ_get_attr_count(openssl.get()) == 0);
  char name[65]{};
  CHECK(X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(openssl.get()), NID_commonName, name,
                                  sizeof name) > 0);
  CHECK(std::string_view(name) == "sensor-0001");
}

TEST_CASE("Requests of every accepted kind of key and hash verify", "[csr]") {
  const auto p256 = ec_key("P-256");
  const auto p384 = ec_key("P-384");
  const auto rsa = rsa_key(2048);
  for (const Bytes& der :
       {request(p256, EVP_sha256()), request(p256, EVP_sha384()), request(p256, EVP_sha512()),
        request(p384, EVP_sha384()), request(p384, EVP_sha256()), request(rsa, EVP_sha256()),
        request(rsa, EVP_sha384()), request(rsa, EVP_sha512()), request(ed25519_key(), nullptr)}) {
    const Result<CertificateRequest> parsed = CertificateRequest::parse(der);
    REQUIRE(parsed);
    CHECK(parsed->verify_self_signature());
  }
}

TEST_CASE("A request with a weak key is weak, whatever its signature", "[csr]") {
  CHECK(error_of(request(rsa_key(1024), EVP_sha256())).fault == Fault::weak_key);
  CHECK(error_of(request(rsa_key(2048, 3), EVP_sha256())).fault == Fault::weak_key);
  CHECK(error_of(request(ec_key("P-521"), EVP_sha512())).fault == Fault::weak_key);
  CHECK(error_of(request(ec_key("secp256k1"), EVP_sha256())).fault == Fault::weak_key);
}

TEST_CASE("A request signed with SHA-1 or SHA-224 is malformed", "[csr]") {
  const EVP_MD* const digest = GENERATE(EVP_sha1(), EVP_sha224());
  const Error error = error_of(request(ec_key("P-256"), digest));
  CHECK(error.fault == Fault::malformed);
  CHECK(error.what.starts_with("signature algorithm"));
  CHECK(error_of(request(rsa_key(2048), digest)).fault == Fault::malformed);
}

TEST_CASE("A request signed by a key of another kind is malformed", "[csr]") {
  const Error error = error_of(request(ec_key("P-256"), EVP_sha256(), rsa_key(2048)));
  CHECK(error.fault == Fault::malformed);
  CHECK(error.what == "signature algorithm does not fit the key");
}

TEST_CASE("A request for somebody else's key does not verify", "[csr]") {
  const Bytes der = request(ec_key("P-256"), EVP_sha256(), ec_key("P-256"));
  const Result<void> verified = CertificateRequest::parse(der).value().verify_self_signature();
  REQUIRE_FALSE(verified);
  CHECK(verified.error().fault == Fault::bad_signature);
}

TEST_CASE("A request cut at any byte is malformed", "[csr]") {
  for (const Bytes& der : {make_certificate_request(PrivateKey::generate_p256(), "12345"),
                           request(rsa_key(2048), EVP_sha256()), request(ed25519_key(), nullptr)}) {
    for (std::size_t size = 0; size < der.size(); ++size) {
      REQUIRE(error_of(ByteView(der).first(size)).fault == Fault::malformed);
    }
  }
}

TEST_CASE("A request with trailing bytes is malformed", "[csr]") {
  Bytes der = make_certificate_request(PrivateKey::generate_p256(), "12345");
  der.push_back(0);
  CHECK(error_of(der).fault == Fault::malformed);
}

TEST_CASE("A request with any byte changed is refused", "[csr]") {
  Bytes der = make_certificate_request(PrivateKey::generate_p256(), "12345");
  for (std::size_t at = 0; at < der.size(); ++at) {
    const std::uint8_t mask = at % 2 == 0 ? 0x01 : 0x80;
    der[at] ^= mask;
    CAPTURE(at);
    REQUIRE(refused(der));
    der[at] ^= mask;
  }
  CHECK_FALSE(refused(der));
}

TEST_CASE("A request whose key was exchanged for another does not verify", "[csr]") {
  const PrivateKey mine = PrivateKey::generate_p256();
  const PublicKey other = PrivateKey::generate_p256().public_key();
  Bytes der = make_certificate_request(mine, "12345");
  const auto found = std::ranges::search(der, mine.public_key().spki());
  REQUIRE_FALSE(found.empty());
  std::ranges::copy(other.spki(), found.begin());
  CHECK(CertificateRequest::parse(der).value().verify_self_signature().error().fault == Fault::bad_signature);
}

TEST_CASE("Bytes that are no request are malformed", "[csr]") {
  CHECK(error_of({}).fault == Fault::malformed);
  CHECK(error_of(as_bytes("-----BEGIN CERTIFICATE REQUEST-----")).fault == Fault::malformed);
  CHECK(error_of(Bytes(16384, 0x30)).fault == Fault::malformed);
  CHECK(error_of(Bytes{0x30, 0x80, 0x00, 0x00}).fault == Fault::malformed);
  CHECK(error_of(Bytes{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}).fault == Fault::malformed);
}

}  // namespace
}  // namespace latchkey::crypto
