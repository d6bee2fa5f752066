#include "crypto/certificate.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"

namespace latchkey::crypto {
namespace {

using namespace std::chrono_literals;
using made_with_openssl::certificate;
using made_with_openssl::ec_key;
using made_with_openssl::Extension;

const Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const Validity around_now{now - 1h, now + 24h};
const std::string usage = "critical," + std::string(answer_signing_usage);
const std::string name = "URI:" + std::string(answer_signing_name);

Fault fault_of(const Certificate& signer, const Identity& anchor, const Time* at = &now) {
  const Result<PublicKey> key = verify_answer_signer(signer.der(), {anchor.certificate}, at);
  REQUIRE_FALSE(key);
  return key.error().fault;
}

TEST_CASE("A signing certificate by an anchor gives the key that signs answers", "[answer signer]") {
  const Identity other = make_ca("Another anchor", around_now);
  const Identity anchor = make_ca("Service anchor", around_now);
  const Identity signer = make_signing_identity(anchor, "answers", around_now);
  CHECK(signer.certificate.signs_answers());
  const Result<PublicKey> key =
      verify_answer_signer(signer.certificate.der(), {other.certificate, anchor.certificate}, &now);
  REQUIRE(key);
  CHECK(key->fingerprint() == signer.key.public_key().fingerprint());
}

TEST_CASE("A signer that no anchor issued is refused", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const Identity impostor = make_ca("Service anchor", around_now);
  const Identity signer = make_signing_identity(impostor, "answers", around_now);
  CHECK(fault_of(signer.certificate, anchor) == Fault::refused);
  CHECK_FALSE(verify_answer_signer(signer.certificate.der(), {}, &now));
}

TEST_CASE("A device's certificate does not sign answers, whoever issued it", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const Issuer issuer(anchor);
  const PublicKey key = PrivateKey::generate_p256().public_key();
  const Bytes der = issuer.issue({"12345", key, random_serial(), around_now}).value();
  CHECK(fault_of(Certificate::from_der(der).value(), anchor) == Fault::refused);
}

TEST_CASE("A server's certificate does not sign answers", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  CHECK(fault_of(make_server_identity(anchor, {"broker.example"}, around_now).certificate, anchor) ==
        Fault::refused);
}

TEST_CASE("An anchor itself does not sign answers", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  CHECK(fault_of(anchor.certificate, anchor) == Fault::refused);
}

TEST_CASE("A signer with a critical extension that nobody knows is refused", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const auto with_comment = [&](const char* comment) {
    return certificate(
        anchor, ec_key("P-256"),
        {{NID_ext_key_usage, usage}, {NID_subject_alt_name, name}, {NID_netscape_comment, comment}});
  };
  const Certificate with_remark = with_comment("a remark");
  const Certificate with_rule = with_comment("critical,a rule");
  CHECK(verify_answer_signer(with_remark.der(), {anchor.certificate}, &now));
  CHECK(fault_of(with_rule, anchor) == Fault::refused);
}

TEST_CASE("A signer outside its validity is refused, unless there is no clock", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const Certificate expired = make_signing_identity(anchor, "a", {now - 2h, now - 1s}).certificate;
  const Certificate future = make_signing_identity(anchor, "b", {now + 1s, now + 2h}).certificate;
  CHECK(fault_of(expired, anchor) == Fault::refused);
  CHECK(fault_of(future, anchor) == Fault::refused);
  CHECK(verify_answer_signer(expired.der(), {anchor.certificate}, nullptr));
  CHECK(verify_answer_signer(future.der(), {anchor.certificate}, nullptr));
}

TEST_CASE("The validity of a signer includes its first and last second", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const Certificate signer = make_signing_identity(anchor, "a", {now, now}).certificate;
  CHECK(verify_answer_signer(signer.der(), {anchor.certificate}, &now));
}

TEST_CASE("The usage must be critical, the only one, and not a CA's", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const std::string bare(answer_signing_usage);
  const auto with = [&](std::vector<Extension> extensions) {
    extensions.push_back({NID_subject_alt_name, name});
    return certificate(anchor, ec_key("P-256"), extensions);
  };
  CHECK(fault_of(with({{NID_ext_key_usage, bare}}), anchor) == Fault::refused);
  CHECK(fault_of(with({{NID_ext_key_usage, usage + ",clientAuth"}}), anchor) == Fault::refused);
  CHECK(fault_of(with({{NID_ext_key_usage, "critical,clientAuth"}}), anchor) == Fault::refused);
  CHECK(fault_of(with({{NID_ext_key_usage, "critical,2.25.93801460738676613155825682352279867567"}}),
                 anchor) == Fault::refused);
  CHECK(fault_of(with({}), anchor) == Fault::refused);
  CHECK(fault_of(with({{NID_basic_constraints, "critical,CA:TRUE"}, {NID_ext_key_usage, usage}}), anchor) ==
        Fault::refused);
  CHECK(verify_answer_signer(with({{NID_ext_key_usage, usage}}).der(), {anchor.certificate}, &now));
}

TEST_CASE("The name of a signer must be the one URI, and the only name", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  const auto named = [&](const std::string& names) {
    return certificate(anchor, ec_key("P-256"), {{NID_ext_key_usage, usage}, {NID_subject_alt_name, names}});
  };
  CHECK(fault_of(certificate(anchor, ec_key("P-256"), {{NID_ext_key_usage, usage}}), anchor) ==
        Fault::refused);
  CHECK(fault_of(named("URI:urn:latchkey:answers:v2"), anchor) == Fault::refused);
  CHECK(fault_of(named(name + "0"), anchor) == Fault::refused);
  CHECK(fault_of(named("DNS:" + std::string(answer_signing_name)), anchor) == Fault::refused);
  CHECK(fault_of(named(name + ",DNS:localhost"), anchor) == Fault::refused);
  CHECK(fault_of(named(name + "," + name), anchor) == Fault::refused);
  CHECK(verify_answer_signer(named(name).der(), {anchor.certificate}, &now));
}

TEST_CASE("An anchor that is no CA issues no signers", "[answer signer]") {
  const Identity root = make_ca("Root", around_now);
  const Identity leaf = make_signing_identity(root, "leaf", around_now);
  const Identity below = make_signing_identity(leaf, "below", around_now);
  CHECK(below.certificate.issued_by(leaf.certificate));
  CHECK(fault_of(below.certificate, leaf) == Fault::refused);
}

TEST_CASE("Bytes that are no certificate are malformed", "[answer signer]") {
  const Identity anchor = make_ca("Service anchor", around_now);
  CHECK(verify_answer_signer(as_bytes("MIIB"), {anchor.certificate}, &now).error().fault == Fault::malformed);
}

}  // namespace
}  // namespace latchkey::crypto
