#include "crypto/certificate.hpp"

#include "crypto/der.hpp"
#include "support/catch.hpp"
#include "unit/crypto/hex.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <algorithm>
#include <functional>
#include <thread>

namespace latchkey::crypto {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr Time start = sys_days{2026y / 1 / 1} + 12h + 34min + 56s;
constexpr Validity ten_years{start, start + std::chrono::days{3650}};

Certificate issue(const Issuer& issuer, const PublicKey& key, Validity validity = ten_years) {
  return Certificate::from_der(issuer.issue({"12345", key, random_serial(), validity}).value()).value();
}

std::string time_text(const ASN1_TIME* time) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(time)),
          static_cast<std::size_t>(ASN1_STRING_length(time))};
}

bool is_critical(const Certificate& certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate.handle(), nid, -1);
  REQUIRE(at >= 0);
  REQUIRE(X509_get_ext_by_NID(certificate.handle(), nid, at) < 0);
  return X509_EXTENSION_get_critical(X509_get_ext(certificate.handle(), at)) == 1;
}

TEST_CASE("An issued certificate says exactly what a device certificate must, as OpenSSL reads it",
          "[certificate]") {
  const Issuer issuer(make_ca("Device CA", ten_years));
  const PublicKey key = PrivateKey::generate_p256().public_key();
  const Serial serial = random_serial();
  const Bytes der = issuer.issue({"12345", key, serial, ten_years}).value();
  const Certificate certificate = Certificate::from_der(der).value();
  X509* const x = certificate.handle();

  CHECK(X509_get_version(x) == X509_VERSION_3);
  CHECK(std::ranges::equal(certificate.serial(), serial));
  CHECK(X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(issuer.certificate().handle())) == 0);
  CHECK(X509_NAME_entry_count(X509_get_subject_name(x)) == 1);
  const ASN1_STRING* name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(x), 0));
  CHECK(ASN1_STRING_type(name) == V_ASN1_UTF8STRING);
  CHECK(certificate.common_name() == "12345");
  CHECK(certificate.not_before() == ten_years.not_before);
  CHECK(certificate.not_after() == ten_years.not_after);
  CHECK(EVP_PKEY_eq(X509_get0_pubkey(x), key.handle()) == 1);

  CHECK(X509_get_ext_count(x) == 5);
  CHECK_FALSE(certificate.is_ca());
  CHECK(is_critical(certificate, NID_basic_constraints));
  CHECK(is_critical(certificate, NID_key_usage));
  CHECK_FALSE(is_critical(certificate, NID_ext_key_usage));
  CHECK_FALSE(is_critical(certificate, NID_subject_key_identifier));
  CHECK_FALSE(is_critical(certificate, NID_authority_key_identifier));
  CHECK(X509_get_key_usage(x) == X509v3_KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_extended_key_usage(x) == XKU_SSL_CLIENT);
  CHECK(ASN1_STRING_length(X509_get0_subject_key_id(x)) == 20);
  CHECK(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x),
                              X509_get0_subject_key_id(issuer.certificate().handle())) == 0);
  CHECK(X509_get_signature_nid(x) == NID_ecdsa_with_SHA256);
  CHECK(X509_verify(x, X509_get0_pubkey(issuer.certificate().handle())) == 1);
}

TEST_CASE("An issued certificate passes OpenSSL's chain verification as a TLS client's", "[certificate]") {
  const Issuer issuer(make_ca("Device CA", ten_years));
  const Certificate certificate = issue(issuer, PrivateKey::generate_p256().public_key());
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                X509_STORE_CTX_free);
  REQUIRE(X509_STORE_add_cert(store.get(), issuer.certificate().handle()) == 1);
  REQUIRE(X509_STORE_CTX_init(context.get(), store.get(), certificate.handle(), nullptr) == 1);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>((start + 24h).time_since_epoch().count()));
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  CHECK(X509_verify_cert(context.get()) == 1);
  CHECK(X509_STORE_CTX_get_error(context.get()) == X509_V_OK);
}

TEST_CASE("CAs of every accepted kind of key issue certificates that verify", "[certificate]") {
  using namespace made_with_openssl;
  const Identity root = make_ca("Root", ten_years);
  for (const Key& key : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
    PrivateKey ca_key = PrivateKey::from_pem(as_bytes(pem(key))).value();
    const Certificate ca = certificate(root, key, {{NID_basic_constraints, "critical,CA:TRUE"}});
    const Issuer issuer({ca, std::move(ca_key)});
    CHECK(issue(issuer, PrivateKey::generate_p256().public_key()).issued_by(ca));
  }
}

TEST_CASE("Certificates are issued from several threads at once", "[certificate]") {
  const Issuer issuer(make_ca("Device CA", ten_years));
  std::array<bool, 4> fine{};
  {
    std::vector<std::jthread> threads;
    for (bool& result : fine) {
      threads.emplace_back([&] {
        const PublicKey key = PrivateKey::generate_p256().public_key();
        result = true;
        for (int round = 0; round < 50; ++round)
          result &= issue(issuer, key).issued_by(issuer.certificate());
      });
    }
  }
  CHECK(std::ranges::all_of(fine, std::identity{}));
}

TEST_CASE("A serial is positive, never zero and always 16 bytes", "[certificate]") {
  for (int round = 0; round < 500; ++round) {
    const Serial serial = random_serial();
    REQUIRE((serial[0] & 0xc0) == 0x40);
  }
  CHECK(random_serial() != random_serial());
}

TEST_CASE("Times are UTCTime through 2049 and GeneralizedTime from 2050 on", "[certificate]") {
  const Issuer issuer(make_ca("Device CA", ten_years));
  const PublicKey key = PrivateKey::generate_p256().public_key();
  const Time last = sys_days{2049y / 12 / 31} + 23h + 59min + 59s;
  const Certificate certificate = issue(issuer, key, {last, last + 1s});
  const ASN1_TIME* const before = X509_get0_notBefore(certificate.handle());
  const ASN1_TIME* const after = X509_get0_notAfter(certificate.handle());
  CHECK(ASN1_STRING_type(before) == V_ASN1_UTCTIME);
  CHECK(time_text(before) == "491231235959Z");
  CHECK(ASN1_STRING_type(after) == V_ASN1_GENERALIZEDTIME);
  CHECK(time_text(after) == "20500101000000Z");
  CHECK(certificate.not_before() == last);
  CHECK(certificate.not_after() == last + 1s);
}

TEST_CASE("Times before 1950 and the far future are written as they are", "[certificate]") {
  CHECK(as_text(ByteView(der::time(sys_days{1949y / 12 / 31})).subspan(2)) == "19491231000000Z");
  CHECK(as_text(ByteView(der::time(sys_days{1950y / 1 / 1})).subspan(2)) == "500101000000Z");
  CHECK(as_text(ByteView(der::time(sys_days{9999y / 12 / 31} + 23h)).subspan(2)) == "99991231230000Z");
  CHECK(as_text(ByteView(der::time(sys_days{12000y / 1 / 1})).subspan(2)) == "99991231235959Z");
}

TEST_CASE("A CA may sign certificates and CRLs, no CA below it, and nothing else", "[certificate]") {
  const Identity ca = make_ca("Device CA", ten_years);
  X509* const x = ca.certificate.handle();
  CHECK(ca.certificate.is_ca());
  CHECK(ca.certificate.common_name() == "Device CA");
  CHECK(is_critical(ca.certificate, NID_basic_constraints));
  CHECK(X509_get_pathlen(x) == 0);
  CHECK(is_critical(ca.certificate, NID_key_usage));
  CHECK(X509_get_key_usage(x) == (X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN));
  CHECK(X509_get0_subject_key_id(x) != nullptr);
  CHECK(ca.certificate.issued_by(ca.certificate));
  CHECK(X509_check_private_key(x, ca.key.handle()) == 1);
}

TEST_CASE("A server's certificate is good for its names and addresses", "[certificate]") {
  const Identity ca = make_ca("Broker CA", ten_years);
  const Identity server = make_server_identity(ca, {"broker.example", "192.0.2.7", "2001:db8::1"}, ten_years);
  X509* const x = server.certificate.handle();
  CHECK(X509_get_extended_key_usage(x) == XKU_SSL_SERVER);
  CHECK(X509_check_host(x, "broker.example", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(x, "other.example", 0, 0, nullptr) == 0);
  CHECK(X509_check_ip_asc(x, "192.0.2.7", 0) == 1);
  CHECK(X509_check_ip_asc(x, "2001:db8::1", 0) == 1);
  CHECK(X509_check_ip_asc(x, "192.0.2.8", 0) == 0);
  CHECK(server.certificate.issued_by(ca.certificate));
  CHECK_FALSE(server.certificate.signs_answers());
}

TEST_CASE("A certificate cut anywhere, changed anywhere or with a trailing byte is refused",
          "[certificate]") {
  const Identity ca = make_ca("Device CA", ten_years);
  Bytes der(ca.certificate.der().begin(), ca.certificate.der().end());
  for (std::size_t size = 0; size < der.size(); ++size) {
    REQUIRE(Certificate::from_der(ByteView(der).first(size)).error().fault == Fault::malformed);
  }
  for (std::size_t at = 0; at < der.size(); at += 2) {
    der[at] ^= 0x04;
    const Result<Certificate> changed = Certificate::from_der(der);
    REQUIRE_FALSE((changed && changed->issued_by(ca.certificate)));
    der[at] ^= 0x04;
  }
  der.push_back(0);
  CHECK(Certificate::from_der(der).error().fault == Fault::malformed);
}

TEST_CASE("A PEM text may hold several certificates and other things between them", "[certificate]") {
  const Identity first = make_ca("First", ten_years);
  const Identity second = make_ca("Second", ten_years);
  const std::string pem = "a remark\n" + first.certificate.to_pem() + std::string(first.key.to_pem().text()) +
                          second.certificate.to_pem();
  const std::vector<Certificate> certificates = Certificate::from_pem(as_bytes(pem)).value();
  REQUIRE(certificates.size() == 2);
  CHECK(std::ranges::equal(certificates[0].der(), first.certificate.der()));
  CHECK(certificates[1].common_name() == "Second");
}

TEST_CASE("A PEM text without a certificate or with a broken one is refused", "[certificate]") {
  const std::string pem = make_ca("CA", ten_years).certificate.to_pem();
  CHECK(Certificate::from_pem({}).error().fault == Fault::malformed);
  CHECK(Certificate::from_pem(as_bytes("nothing here")).error().fault == Fault::malformed);
  CHECK(Certificate::from_pem(as_bytes(pem.substr(0, pem.size() / 2))).error().fault == Fault::malformed);
  CHECK(Certificate::from_pem(as_bytes(pem + pem.substr(0, pem.size() / 2))).error().fault ==
        Fault::malformed);
}

TEST_CASE("A certificate is not issued by a CA of another name with the same key", "[certificate]") {
  using namespace made_with_openssl;
  const Identity root = make_ca("Root", ten_years);
  const Key key = ec_key("P-256");
  const std::vector<Extension> ca{{NID_basic_constraints, "critical,CA:TRUE"}};
  const Identity one{certificate(root, key, ca, "One"), PrivateKey::from_pem(as_bytes(pem(key))).value()};
  const Certificate leaf = certificate(one, ec_key("P-256"), {});
  CHECK(leaf.issued_by(one.certificate));
  CHECK_FALSE(leaf.issued_by(certificate(root, key, ca, "Other")));
}

TEST_CASE("A certificate is not issued by a CA of the same name with another key", "[certificate]") {
  const Issuer issuer(make_ca("Device CA", ten_years));
  const Identity impostor = make_ca("Device CA", ten_years);
  CHECK_FALSE(issue(issuer, PrivateKey::generate_p256().public_key()).issued_by(impostor.certificate));
}

}  // namespace
}  // namespace latchkey::crypto
