#include "crypto/issued_certificate.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <algorithm>
#include <random>

// What our Issuer makes, read by our reader and by OpenSSL's parser.
namespace latchkey::crypto {
namespace {

using namespace std::chrono_literals;
using namespace made_with_openssl;
using std::chrono::sys_days;

constexpr Validity forever{sys_days{1970y / 1 / 1}, sys_days{9999y / 12 / 31}};

struct Random {
  std::mt19937_64 engine{20260921};
  std::uint64_t below(std::uint64_t limit) { return engine() % limit; }
  template <class T>
  const T& of(const std::vector<T>& values) {
    return values[below(values.size())];
  }
};

std::string random_id(Random& random) {
  static constexpr std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  static constexpr std::string_view other =
      "._:-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string id(1, first[random.below(first.size())]);
  for (std::uint64_t size = random.below(64); size > 0; --size)
    id.push_back(other[random.below(other.size())]);
  return id;
}

// Over the turn of 2050, where the form of a time changes, as often as anywhere.
Time random_time(Random& random) {
  const Time from = random.below(2) == 0 ? Time(sys_days{1990y / 1 / 1}) : Time(sys_days{2049y / 12 / 31});
  const Time until = random.below(2) == 0 ? Time(sys_days{2050y / 1 / 2}) : Time(sys_days{9999y / 12 / 31});
  return from + std::chrono::seconds(random.below(static_cast<std::uint64_t>((until - from).count())));
}

struct Kinds {
  std::vector<Identity> cas;
  std::vector<PublicKey> keys;
};

Kinds every_kind() {
  Kinds kinds;
  const Identity root = make_ca("Root", forever);
  for (const Key& key : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
    kinds.cas.push_back({certificate(root, key, {{NID_basic_constraints, "critical,CA:TRUE"}}, "Device CA"),
                         PrivateKey::from_pem(as_bytes(pem(key))).value()});
  }
  for (const Key& key : {ec_key("P-256"), ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)})
    kinds.keys.push_back(PublicKey::from_spki(spki(key)).value());
  return kinds;
}

bool octets_are(const ASN1_STRING* string, ByteView expected) {
  return string != nullptr &&
         std::ranges::equal(
             ByteView(ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))),
             expected);
}

bool names_are(X509* x, const DeviceCertificate& meant, const Certificate& ca) {
  const X509_NAME* subject = X509_get_subject_name(x);
  const ASN1_STRING* name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, 0));
  return X509_NAME_entry_count(subject) == 1 && octets_are(name, as_bytes(meant.common_name)) &&
         ASN1_STRING_type(name) == V_ASN1_UTF8STRING &&
         X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(ca.handle())) == 0;
}

bool extensions_are(X509* x, const Certificate& ca) {
  return X509_get_ext_count(x) == 5 && X509_check_ca(x) == 0 &&
         X509_get_key_usage(x) == X509v3_KU_DIGITAL_SIGNATURE &&
         X509_get_extended_key_usage(x) == XKU_SSL_CLIENT && X509_get0_subject_key_id(x) != nullptr &&
         (X509_get_extension_flags(x) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0 &&
         X509_get0_authority_key_id(x) != nullptr && X509_check_issued(ca.handle(), x) == X509_V_OK;
}

bool openssl_reads(ByteView der, const DeviceCertificate& meant, const Identity& ca) {
  const Result<Certificate> read = Certificate::from_der(der);
  if (!read) return false;
  X509* const x = read->handle();
  return X509_get_version(x) == X509_VERSION_3 && std::ranges::equal(read->serial(), meant.serial) &&
         read->not_before() == meant.validity.not_before && read->not_after() == meant.validity.not_after &&
         names_are(x, meant, ca.certificate) && extensions_are(x, ca.certificate) &&
         EVP_PKEY_eq(X509_get0_pubkey(x), meant.key.handle()) == 1 && read->issued_by(ca.certificate);
}

void check_issued_certificates(int count) {
  const Kinds kinds = every_kind();
  std::vector<Issuer> issuers;
  for (const Identity& ca : kinds.cas)
    issuers.emplace_back(ca);
  Random random;
  for (int i = 0; i < count; ++i) {
    const std::size_t by = random.below(issuers.size());
    const std::string id = random_id(random);
    const DeviceCertificate meant{
        id, random.of(kinds.keys), random_serial(), {random_time(random), random_time(random)}};
    const Bytes der = issuers[by].issue(meant).value();
    CAPTURE(i, id, to_hex(der));
    REQUIRE(openssl_reads(der, meant, kinds.cas[by]));
    REQUIRE(check_issued(der, meant, kinds.cas[by].certificate));
  }
}

TEST_CASE("OpenSSL reads in 200 issued certificates what was meant", "[issued]") {
  check_issued_certificates(200);
}

TEST_CASE("OpenSSL reads in 10,000 issued certificates what was meant", "[issued][.slow]") {
  check_issued_certificates(10000);
}

}  // namespace
}  // namespace latchkey::crypto
