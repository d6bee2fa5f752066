#include "crypto/chain.hpp"

#include "crypto/certificate_writing.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <algorithm>

// Chains with something wrong in them are files: tests/corpus/hostile_chains.py.
namespace latchkey::crypto {
namespace {

using namespace std::chrono_literals;
using namespace made_with_openssl;

// made_with_openssl::certificate makes certificates that are valid now.
Time today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Bytes der_of(const Certificate& certificate) {
  return {certificate.der().begin(), certificate.der().end()};
}

struct Factory {
  Identity root = make_ca("factory root", {today() - 24h, today() + 240h});
  Key key = ec_key("P-256");
  Certificate leaf = certificate(root, key, {{NID_key_usage, "critical,digitalSignature"}});
  [[nodiscard]] TrustAnchor anchor() const { return TrustAnchor::from(root.certificate).value(); }
};

std::string refusal(const TrustAnchor& anchor, const std::vector<Bytes>& chain, Time now = today()) {
  const Result<Certificate> verified = anchor.verify(chain, now);
  return verified ? "" : verified.error().what;
}

TEST_CASE("A leaf of the enrolled CA is good, alone or with the CA behind it", "[chain]") {
  const Factory factory;
  const Bytes leaf = der_of(factory.leaf);
  const std::vector<Bytes> alone{leaf};
  const std::vector<Bytes> with_ca{leaf, der_of(factory.root.certificate)};
  const Result<Certificate> verified = factory.anchor().verify(alone, today());
  REQUIRE(verified);
  CHECK(std::ranges::equal(verified->public_key().value().spki(), spki(factory.key)));
  CHECK(refusal(factory.anchor(), with_ca).empty());
}

TEST_CASE("A chain is judged at the time that is given", "[chain]") {
  const Factory factory;
  const std::vector<Bytes> chain{der_of(factory.leaf)};
  CHECK(refusal(factory.anchor(), chain, today() + 20h).empty());
  CHECK(refusal(factory.anchor(), chain, today() + 30h).contains("leaf: certificate has expired"));
  CHECK(refusal(factory.anchor(), chain, today() - 2h).contains("leaf: certificate is not yet valid"));
}

TEST_CASE("A CA for servers or code is nobody to make devices", "[chain]") {
  const Factory factory;
  const auto enrolled = [&](const char* usage) {
    return TrustAnchor::from(
        certificate(factory.root, ec_key("P-256"),
                    {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_ext_key_usage, usage}}));
  };
  for (const char* const usage : {"serverAuth", "codeSigning,emailProtection", "1.2.3.4"}) {
    CAPTURE(usage);
    REQUIRE_FALSE(enrolled(usage));
    CHECK(enrolled(usage).error().what.contains("neither clientAuth nor anyExtendedKeyUsage"));
  }
  CHECK(enrolled("serverAuth,clientAuth"));
  CHECK(enrolled("anyExtendedKeyUsage"));
}

TEST_CASE("A CA that has expired makes no devices any more", "[chain]") {
  Factory factory;
  factory.root = make_ca("factory root", {today() - 24h, today() - 1h});
  factory.leaf = certificate(factory.root, factory.key, {});
  CHECK(refusal(factory.anchor(), {der_of(factory.leaf)}) == "the enrolled CA: certificate has expired");
}

TEST_CASE("A chain has one to five certificates", "[chain]") {
  const Factory factory;
  const auto refused = [&](std::size_t count) {
    return refusal(factory.anchor(), std::vector<Bytes>(count, der_of(factory.leaf)));
  };
  CHECK(refused(0) == "a chain of 0 certificates");
  CHECK(refused(6) == "a chain of 6 certificates");
  CHECK(refused(5).contains("not needed"));
}

TEST_CASE("Bytes that are no certificate are refused with their place", "[chain]") {
  const Factory factory;
  CHECK(refusal(factory.anchor(), {Bytes{0x30, 0x00}}).starts_with("leaf: not a certificate"));
  CHECK(refusal(factory.anchor(), {der_of(factory.leaf), Bytes{}})
            .starts_with("certificate 2 of 2: not a certificate"));
}

TEST_CASE("Only a CA is an anchor", "[chain]") {
  const Factory factory;
  CHECK(TrustAnchor::from(factory.leaf).error().what == "no CA");
  const Certificate unusable =
      certificate(factory.root, ec_key("P-256"),
                  {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "digitalSignature"}});
  CHECK(TrustAnchor::from(unusable).error().what.contains("keyCertSign"));
}

TEST_CASE("An intermediate CA is an anchor of its own, and its root is then not in the chain", "[chain]") {
  const Factory factory;
  const Key key = ec_key("P-256");
  const Identity line{certificate(factory.root, key, {{NID_basic_constraints, "critical,CA:TRUE"}}, "line 7"),
                      PrivateKey::from_pem(as_bytes(pem(key))).value()};
  const TrustAnchor anchor = TrustAnchor::from(line.certificate).value();
  const Bytes leaf = der_of(certificate(line, ec_key("P-256"), {}));
  CHECK(refusal(anchor, {leaf}).empty());
  CHECK(refusal(anchor, {leaf, der_of(line.certificate)}).empty());
  CHECK(refusal(anchor, {leaf, der_of(line.certificate), der_of(factory.root.certificate)})
            .starts_with("certificate 3 of 3: not needed"));
  CHECK_FALSE(refusal(anchor, {der_of(factory.leaf)}).empty());
}

std::string name_in(const std::vector<Extension>& extensions, NameKind kind) {
  const Factory factory;
  const auto found = identity_in(certificate(factory.root, ec_key("P-256"), extensions), kind);
  return found ? *found : "error: " + found.error().what;
}

TEST_CASE("The id comes from the kind of name that is asked for", "[chain]") {
  const std::vector<Extension> names{{NID_subject_alt_name, "DNS:d-12345,URI:urn:dev:12345,IP:192.0.2.1"}};
  CHECK(name_in(names, NameKind::common_name) == "made by a test");
  CHECK(name_in(names, NameKind::dns_name) == "d-12345");
  CHECK(name_in(names, NameKind::uri) == "urn:dev:12345");
  CHECK(name_in(names, NameKind::serial_number) == "error: the leaf has no serialNumber in its subject");
  CHECK(name_in({}, NameKind::dns_name) == "error: the leaf has no DNS name");
  CHECK(name_in({{NID_subject_alt_name, "DNS:a,DNS:a"}}, NameKind::dns_name) ==
        "error: the leaf has more than one DNS name");
  CHECK(name_in({{NID_subject_alt_name, "URI:urn:a,URI:urn:b"}}, NameKind::uri) ==
        "error: the leaf has more than one URI");
}

TEST_CASE("The digests are of the names' very bytes", "[chain]") {
  const Factory factory;
  const Sha256Digest root = sha256(subject_of(factory.root.certificate));
  CHECK(issuer_name_digest(factory.leaf.der()) == root);
  CHECK(subject_name_digest(factory.leaf.der()) == sha256(name_with("made by a test")));
  CHECK(issuer_name_digest(factory.root.certificate.der()) == root);
  CHECK(subject_name_digest(factory.root.certificate.der()) == root);
}

TEST_CASE("Bytes that are no certificate have no names", "[chain]") {
  const Bytes leaf = der_of(Factory().leaf);
  for (std::size_t size = 0; size < leaf.size(); ++size)
    REQUIRE_FALSE(issuer_name_digest(ByteView(leaf).first(size)));
  CHECK_FALSE(subject_name_digest({}));
  CHECK_FALSE(subject_name_digest(Bytes{0x30, 0x80, 0x30, 0x80}));
}

}  // namespace
}  // namespace latchkey::crypto
