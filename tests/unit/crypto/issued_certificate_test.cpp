#include "crypto/issued_certificate.hpp"

#include "crypto/certificate_writing.hpp"
#include "crypto/der.hpp"
#include "crypto/signature.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

using namespace std::chrono_literals;
using namespace made_with_openssl;
using std::chrono::sys_days;

constexpr Time start = sys_days{2026y / 1 / 1} + 12h + 34min + 56s;
constexpr Validity ten_years{start, start + std::chrono::days{3650}};

// One issuance, what was meant by it, and what else might have been meant or made.
struct Issuance {
  Identity ca = make_ca("Device CA", ten_years);
  PublicKey key = PrivateKey::generate_p256().public_key();
  DeviceCertificate meant{"12345", key, random_serial(), ten_years};
  Bytes der = Issuer(ca).issue(meant).value();

  [[nodiscard]] std::string wrong(ByteView made) const {
    const Result<void> checked = check_issued(made, meant, ca.certificate);
    return checked ? "" : checked.error().what;
  }
  [[nodiscard]] std::string wrong(const DeviceCertificate& other) const {
    const Result<void> checked = check_issued(der, other, ca.certificate);
    return checked ? "" : checked.error().what;
  }
};

/// A certificate that is right but for what `change` does to it, signed by the CA like any other.
struct Parts {
  Bytes version = {0xa0, 0x03, 0x02, 0x01, 0x02};
  Bytes serial;
  Bytes algorithm;
  Bytes issuer;
  Bytes validity;
  Bytes subject;
  Bytes key;
  std::vector<Bytes> extensions;
  Bytes after;
};

Bytes bytes_of(ByteView view) {
  return {view.begin(), view.end()};
}

Parts parts_of(const Issuance& issuance) {
  const Identity& ca = issuance.ca;
  const DeviceCertificate& meant = issuance.meant;
  return {.serial = der::unsigned_integer(meant.serial),
          .algorithm = bytes_of(signature_algorithm_of(ca.key.algorithm()).identifier),
          .issuer = subject_of(ca.certificate),
          .validity = der::sequence({der::time(start), der::time(ten_years.not_after)}),
          .subject = name_with(meant.common_name),
          .key = bytes_of(meant.key.spki()),
          .extensions = {end_entity_constraints(), extended_key_usage("1.3.6.1.5.5.7.3.2", false),
                         authority_key_identifier(ca.certificate), subject_key_identifier(meant.key)},
          .after = {}};
}

Bytes assembled(const Issuance& issuance, const Parts& parts) {
  Bytes extensions;
  for (const Bytes& each : parts.extensions)
    extensions.insert(extensions.end(), each.begin(), each.end());
  return sign_structure(der::sequence({parts.version, parts.serial, parts.algorithm, parts.issuer,
                                       parts.validity, parts.subject, parts.key,
                                       der::element(der::Tag::constructed_3, {der::sequence({extensions})}),
                                       parts.after}),
                        issuance.ca.key)
      .value();
}

template <class Change>
std::string wrong_after(Change change) {
  const Issuance issuance;
  Parts parts = parts_of(issuance);
  change(parts);
  const std::string wrong = issuance.wrong(assembled(issuance, parts));
  constexpr std::string_view prefix = "issued certificate: ";
  return wrong.starts_with(prefix) ? wrong.substr(prefix.size()) : wrong;
}

TEST_CASE("A certificate that was issued says what was meant, for every kind of key and CA", "[issued]") {
  const Identity root = make_ca("Root", ten_years);
  for (const Key& ca_key : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
    const Certificate ca =
        certificate(root, ca_key, {{NID_basic_constraints, "critical,CA:TRUE"}}, "Device CA");
    const Issuer issuer({ca, PrivateKey::from_pem(as_bytes(pem(ca_key))).value()});
    for (const Key& key : {ec_key("P-256"), ec_key("P-384"), ed25519_key(), rsa_key(2048)}) {
      const PublicKey device = PublicKey::from_spki(spki(key)).value();
      const DeviceCertificate meant{"a:b.c-d_e", device, random_serial(), ten_years};
      const Result<void> checked = check_issued(issuer.issue(meant).value(), meant, ca);
      INFO((checked ? "" : checked.error().what));
      CHECK(checked);
    }
  }
}

TEST_CASE("The reader gives every field", "[issued]") {
  const Issuance issuance;
  const IssuedCertificate read = read_issued(issuance.der).value();
  CHECK(std::ranges::equal(read.serial, issuance.meant.serial));
  CHECK(std::ranges::equal(read.issuer, subject_of(issuance.ca.certificate)));
  CHECK(read.validity.not_before == ten_years.not_before);
  CHECK(read.validity.not_after == ten_years.not_after);
  CHECK(as_text(read.common_name) == "12345");
  CHECK(std::ranges::equal(read.spki, issuance.key.spki()));
  CHECK(read.extensions.size() == 5);
  CHECK(std::ranges::count_if(read.extensions, &IssuedExtension::critical) == 2);
}

TEST_CASE("What was meant otherwise is found, field by field", "[issued]") {
  const Issuance issuance;
  const auto& [name, key, serial, validity] = issuance.meant;
  const PublicKey other_key = PrivateKey::generate_p256().public_key();
  CHECK(issuance.wrong(issuance.meant).empty());
  CHECK(issuance.wrong(DeviceCertificate{"12346", key, serial, validity}).contains(": common name is not"));
  CHECK(issuance.wrong(DeviceCertificate{"1234", key, serial, validity}).contains("common name"));
  CHECK(issuance.wrong(DeviceCertificate{name, other_key, serial, validity}).contains("public key"));
  CHECK(issuance.wrong(DeviceCertificate{name, key, random_serial(), validity}).contains("serial number"));
  const Validity later{validity.not_before + 1s, validity.not_after};
  const Validity longer{validity.not_before, validity.not_after - 1s};
  CHECK(issuance.wrong(DeviceCertificate{name, key, serial, later}).contains("notBefore"));
  CHECK(issuance.wrong(DeviceCertificate{name, key, serial, longer}).contains("notAfter"));
  const Identity other = make_ca("Other CA", ten_years);
  const Identity impostor = make_ca("Device CA", ten_years);
  CHECK(check_issued(issuance.der, issuance.meant, other.certificate).error().what.contains(": issuer"));
  CHECK(check_issued(issuance.der, issuance.meant, impostor.certificate)
            .error()
            .what.contains("authority key identifier"));
}

TEST_CASE("A certificate that was made otherwise is found, field by field", "[issued]") {
  CHECK(wrong_after([](Parts&) {}).empty());
  CHECK(wrong_after([](Parts& parts) { parts.version = {}; }).starts_with("version"));
  CHECK(wrong_after([](Parts& parts) { parts.version[4] = 1; }).starts_with("version"));
  CHECK(wrong_after([](Parts& parts) { parts.serial = {0x02, 0x01, 0x85}; }).starts_with("serial number"));
  CHECK(wrong_after([](Parts& parts) {
          parts.algorithm = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
        }).starts_with("signature algorithm"));
  CHECK(wrong_after([](Parts& parts) { parts.issuer = name_with("Device CB"); }).starts_with("issuer"));
  CHECK(wrong_after([](Parts& parts) { parts.subject = der::sequence({}); }).starts_with("subject"));
  CHECK(wrong_after([](Parts& parts) { parts.subject = bytes_of(parts.issuer); }).starts_with("common name"));
  CHECK(wrong_after([](Parts& parts) {
          const Bytes name = name_with("12345");
          const ByteView relative = ByteView(name).subspan(2);
          parts.subject = der::sequence({relative, relative});
        }).starts_with("subject"));
  CHECK(wrong_after([](Parts& parts) {
          parts.after = {0x81, 0x02, 0x00, 0xff};  // a unique identifier, in the wrong place
        }).starts_with("the list of extensions"));
}

TEST_CASE("An algorithm that is not the issuer's is found, though it stands in both places", "[issued]") {
  const Issuance issuance;
  const ByteView right = signature_algorithm_of(Algorithm::es256).identifier;
  Bytes der = issuance.der;
  // ecdsa-with-SHA256 becomes ecdsa-with-SHA384.
  for (auto at = std::ranges::search(der, right); !at.empty(); at = std::ranges::search(der, right))
    at.back() = 3;
  CHECK(read_issued(der));
  CHECK(issuance.wrong(ByteView(der)) == "issued certificate: signature algorithm is not what was meant");
}

TEST_CASE("An extension more, less, twice or with another value is found", "[issued]") {
  const auto extension = [](std::uint8_t id, std::initializer_list<std::uint8_t> value) {
    const Bytes content(value);
    const std::array<std::uint8_t, 5> oid{0x06, 0x03, 0x55, 0x1d, id};
    return der::sequence({oid, der::element(der::Tag::octet_string, {content})});
  };
  CHECK(wrong_after([&](Parts& parts) {
          parts.extensions.push_back(extension(0x20, {0x30, 0x00}));
        }).starts_with("number of extensions"));
  CHECK(wrong_after([](Parts& parts) { parts.extensions.pop_back(); }).starts_with("number of extensions"));
  CHECK(wrong_after([](Parts& parts) { parts.extensions.clear(); }).starts_with("the list of extensions"));
  CHECK(wrong_after([](Parts& parts) {
          parts.extensions[3] = parts.extensions[2];
        }).starts_with("subject key identifier"));
  CHECK(wrong_after([](Parts& parts) {
          parts.extensions[0] = ca_constraints();
        }).starts_with("basicConstraints"));
  CHECK(wrong_after([](Parts& parts) { parts.extensions[0].back() = 0xc0; }).starts_with("keyUsage"));
  CHECK(wrong_after([](Parts& parts) {
          parts.extensions[1] = extended_key_usage("1.3.6.1.5.5.7.3.1", false);
        }).starts_with("extended key usage"));
  CHECK(wrong_after([](Parts& parts) {
          parts.extensions[1] = extended_key_usage("1.3.6.1.5.5.7.3.2", true);
        }).starts_with("extended key usage"));
  CHECK(wrong_after([](Parts& parts) {
          parts.extensions[2].back() ^= 1;
        }).starts_with("authority key identifier"));
  CHECK(wrong_after([](Parts& parts) {
          parts.extensions[3].back() ^= 1;
        }).starts_with("subject key identifier"));
  CHECK(wrong_after([&](Parts& parts) {
          for (int i = 0; i < 5; ++i)
            parts.extensions.push_back(extension(0x20, {0x30, 0x00}));
        }).starts_with("the list of extensions"));
}

TEST_CASE("A time in another form or that is none is found", "[issued]") {
  const auto refused = [](std::string_view before, std::string_view after) {
    return wrong_after([&](Parts& parts) {
             const auto time = [](std::string_view text) {
               const bool utc = text.size() < 15;
               return der::element(utc ? der::Tag::utc_time : der::Tag::generalized_time, {as_bytes(text)});
             };
             parts.validity = der::sequence({time(before), time(after)});
           })
        .starts_with("validity is not as it is issued");
  };
  for (const std::string_view text :
       {"20260101123456Z", "2601011234Z", "260101123456+", "261301123456Z", "260230123456Z", "260100123456Z",
        "260101243456Z", "260101126056Z", "260101123460Z", "26010112345/Z", "260101 23456Z", ""}) {
    CAPTURE(text);
    CHECK(refused(text, "351230123456Z"));
    CHECK(refused("260101123456Z", text));
  }
}

TEST_CASE("A certificate with any bit changed outside its signature is found", "[issued]") {
  const Issuance issuance;
  const std::size_t signature = read_issued(issuance.der).value().signature.size();
  Bytes der = issuance.der;
  for (std::size_t bit = 0; bit < (der.size() - signature) * 8; ++bit) {
    der[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CAPTURE(bit);
    REQUIRE_FALSE(issuance.wrong(ByteView(der)).empty());
    der[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
  CHECK(issuance.wrong(ByteView(der)).empty());
}

TEST_CASE("A certificate cut anywhere or followed by a byte is found", "[issued]") {
  const Issuance issuance;
  for (std::size_t size = 0; size < issuance.der.size(); ++size)
    REQUIRE_FALSE(read_issued(ByteView(issuance.der).first(size)));
  Bytes der = issuance.der;
  der.push_back(0);
  CHECK_FALSE(read_issued(der));
}

TEST_CASE("A signature that is none is found", "[issued]") {
  const Issuance issuance;
  const auto signature = read_issued(issuance.der).value().signature;
  const ByteView whole(issuance.der);
  const std::size_t before = whole.size() - signature.size() - 3;  // its tag, length and unused bits
  const auto with = [&](const Bytes& other) {
    const ByteView content = whole.first(before).subspan(4);
    return issuance.wrong(ByteView(der::sequence({content, der::bit_string(other)})));
  };
  const Bytes one{0x01};
  const Bytes zero{};
  const Bytes long_number(33, 0x7f);
  CHECK(with(bytes_of(signature)).empty());
  CHECK(with(der::sequence({der::unsigned_integer(one), der::unsigned_integer(one)})).empty());
  CHECK(with(der::sequence({der::unsigned_integer(zero), der::unsigned_integer(one)})).contains("signature"));
  CHECK(with(der::sequence({der::unsigned_integer(one), der::unsigned_integer(long_number)}))
            .contains("signature"));
  CHECK(with(der::sequence({der::unsigned_integer(one)})).contains("signature"));
  CHECK(with(Bytes(64, 0x55)).contains("signature"));
  CHECK(with({}).contains("signature"));
}

}  // namespace
}  // namespace latchkey::crypto
