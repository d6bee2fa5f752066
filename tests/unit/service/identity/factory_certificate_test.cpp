#include "crypto/certificate_writing.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

// What an enrolment by certificate asks of the leaf itself; what it asks of a chain, hostile_chains_test
// shows.
using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::fixtures;
using registry::Origin;
using registry::ProofKind;

namespace {

constexpr crypto::Validity years{now - 24h, now + 24h * 3650};

crypto::Bytes bytes_of(crypto::ByteView view) {
  return {view.begin(), view.end()};
}

protocol::ReceivedRequest signed_under(const crypto::PrivateKey& key, const crypto::Bytes& leaf) {
  const auto request = fixtures::request();
  const auto payload = protocol::encode_request(request, nullptr);
  const protocol::RequestHeader header{.group = {}, .chain = {leaf}, .current_certificate = {}};
  return protocol::decode_request(request.device_id, protocol::sign_request(payload.text(), key, header))
      .value();
}

std::string reason(const protocol::ReceivedRequest& received, const registry::Enrolment& enrolment) {
  const auto facts = facts_of(enrolment);
  const auto verified = authenticator().authenticate(received, facts, now);
  return verified ? "" : named(verified.error().cause);
}

registry::Enrolment pin_of(const crypto::Bytes& leaf) {
  const auto digest = crypto::sha256(leaf);
  return enrolment(Origin::device, ProofKind::x509, {digest.begin(), digest.end()});
}

struct Device {
  crypto::Identity factory = crypto::make_ca("factory", years);
  crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  [[nodiscard]] crypto::Bytes leaf(crypto::Validity validity = years) const {
    return crypto::Issuer(factory)
        .issue({"any name", key.public_key(), crypto::random_serial(), validity})
        .value();
  }
};

/// A CA that `issuer` made for `key`.
crypto::Identity ca_below(const crypto::Identity& issuer, const crypto::PrivateKey& key) {
  const auto issuer_name = crypto::subject_of(issuer.certificate);
  const auto name = crypto::name_with("below");
  const auto extensions = crypto::ca_constraints();
  const crypto::CertificateFields fields{crypto::random_serial(), issuer_name, years, name,
                                         key.public_key(),        extensions};
  const auto der = crypto::sign_certificate(fields, issuer.key).value();
  return {crypto::Certificate::from_der(der).value(), key};
}

}  // namespace

TEST_CASE("a pinned certificate proves its device, whatever name is in it", "[authenticate]") {
  const Device made;
  const auto leaf = made.leaf();
  CHECK(reason(signed_under(made.key, leaf), pin_of(leaf)).empty());
}

TEST_CASE("another certificate of the same key and issuer is not the pinned one", "[authenticate]") {
  const Device made;
  CHECK(reason(signed_under(made.key, made.leaf()), pin_of(made.leaf())) == "other_certificate_enrolled");
}

TEST_CASE("a pinned certificate counts within its validity, first and last second included",
          "[authenticate]") {
  const Device made;
  const auto reason_at = [&](crypto::Validity validity) {
    const auto leaf = made.leaf(validity);
    return reason(signed_under(made.key, leaf), pin_of(leaf));
  };
  CHECK(reason_at({now, now}).empty());
  CHECK(reason_at({now + 1s, now + 24h}) == "certificate_outside_validity");
  CHECK(reason_at({now - 24h, now - 1s}) == "certificate_outside_validity");
}

TEST_CASE("a CA is no device, even if it is pinned", "[authenticate]") {
  const Device made;
  const auto ca = bytes_of(made.factory.certificate.der());
  CHECK(reason(signed_under(made.factory.key, ca), pin_of(ca)) == "certificate_is_a_ca");
}

TEST_CASE("a group's CA that the service's own CA issued makes no devices", "[authenticate]") {
  const Device made;
  const auto proof_by = [&](const crypto::Identity& line) {
    const auto leaf =
        crypto::Issuer(line).issue({"12345", made.key.public_key(), crypto::random_serial(), years}).value();
    return reason(signed_under(made.key, leaf),
                  enrolment(Origin::group, ProofKind::x509, bytes_of(line.certificate.der())));
  };
  const auto key = crypto::PrivateKey::generate_p256();
  CHECK(proof_by(ca_below(made.factory, key)).empty());
  CHECK(
      proof_by(ca_below(ca(), key)).starts_with("group_ca_not_accepted: \"below\" is issued by \"devices\""));
}
