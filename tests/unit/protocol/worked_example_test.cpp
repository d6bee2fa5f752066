// The worked example of docs/protocol.md, read from the page: what it says verifies with the keys that it
// gives.

#include "unit/protocol/worked_example.hpp"

#include "crypto/certificate.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/encoding.hpp"
#include "protocol/configuration.hpp"
#include "protocol/sealed.hpp"
#include "protocol/status.hpp"
#include "support/catch.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

crypto::Secret secret_of(std::string_view name) {
  return crypto::Secret(crypto::base64_decode(example_line(name)).value());
}

std::string base64_of(const crypto::Secret& secret) {
  return crypto::base64_encode(secret.view());
}

/// The request of that name, its signature checked, its payload the JSON that the page shows.
Request request_named(const std::string& name) {
  const auto message = example_line(name + "-jws");
  const auto jws = crypto::parse_compact(message).value();
  REQUIRE(crypto::verify_hs256(jws, secret_of("device-key").view()));
  CHECK(Json::parse(crypto::as_text(jws.payload)) == example_json(name));
  CHECK(Json::parse(crypto::as_text(jws.header)) == example_json("request-header"));
  auto received = decode_request(device(), message);
  REQUIRE(received);
  CHECK(std::get<SignatureProof>(received->proof).kid == "sensors");
  return std::move(received->request);
}

/// The payload of a message of the service, which is the JSON that the page shows.
std::string opened(std::string_view type, const std::string& name) {
  const auto payload = open_message(type, example_line(name + "-jws"), secret_of("answer-key")).value();
  CHECK(Json::parse(payload) == example_json(name));
  return payload;
}

crypto::PublicKey key_of_csr(const Request& request) {
  return crypto::CertificateRequest::parse(request.csr).value().key();
}

}  // namespace

TEST_CASE("the keys of the documented example follow from its group key") {
  const auto device_secret = secret_of("device-key");
  CHECK(base64_of(device_key(secret_of("group-key").view(), "12345")) == base64_of(device_secret));
  CHECK(base64_of(answer_key(device_secret.view())) == base64_of(secret_of("answer-key")));
}

TEST_CASE("the documented challenge is answered by the documented second request") {
  const auto first = request_named("request");
  const auto second = request_named("request-with-nonce");
  const auto challenge = decode_answer(opened(response_type, "challenge")).value();
  CHECK(challenge.status == Status::challenge);
  CHECK(challenge.request_id == first.request_id);
  CHECK_FALSE(first.nonce);
  CHECK(second.nonce == challenge.nonce);
  CHECK(second.request_id == first.request_id);
  CHECK(second.csr == first.csr);
}

TEST_CASE("the documented accepted answer holds a certificate for the documented request") {
  const auto request = request_named("request-with-nonce");
  const auto answer = decode_answer(opened(response_type, "accepted")).value();
  CHECK(answer.request_id == request.request_id);
  CHECK(answer.device_id == "12345");
  REQUIRE(answer.acceptance);
  const auto& chain = std::get<CertificateCredential>(answer.acceptance->credential).chain;
  const auto leaf = crypto::Certificate::from_der(chain.at(0)).value();
  CHECK(leaf.common_name() == "12345");
  CHECK(leaf.public_key().value().fingerprint() == key_of_csr(request).fingerprint());
  CHECK(crypto::CertificateRequest::parse(request.csr).value().verify_self_signature());
}

TEST_CASE("the documented connected is signed by the device") {
  const auto message = example_line("connected-jws");
  const auto jws = crypto::parse_compact(message).value();
  CHECK(crypto::verify_hs256(jws, secret_of("device-key").view()));
  CHECK(Json::parse(crypto::as_text(jws.payload)) == example_json("connected"));
  CHECK(Json::parse(crypto::as_text(jws.header)) == example_json("status-header"));
  const auto received = decode_status(device(), message).value();
  const auto connection = example_json("accepted").at("connection");
  REQUIRE(received.proof);
  CHECK(received.proof->host == connection.at("host"));
  CHECK(received.proof->port == connection.at("port"));
  const auto config = decode_configuration(opened(config_type, "configuration")).value();
  CHECK(config.confirmed == received.status.generation);
}

TEST_CASE("the documented session ends ready") {
  const auto connected = decode_status(device(), example_line("connected-jws")).value().status;
  const auto config = decode_configuration(opened(config_type, "configuration")).value();
  const auto ready = decode_status(device(), example("ready")).value().status;
  const auto last = decode_configuration(opened(config_type, "complete")).value();
  CHECK(connected.kind == StatusKind::connected);
  CHECK(config.session == connected.session);
  CHECK(ready.session == connected.session);
  CHECK(ready.config_version == config.config_version);
  const auto secrets =
      read_secrets(open_sealed(config.sealed, sealing_key(secret_of("device-key").view())).value().text());
  CHECK(Json::parse(secrets.value().config.value().text()) == example_json("opened").at("config"));
  CHECK(last.state == "ready");
  CHECK_FALSE(last.config);
}

TEST_CASE("the documented plain request is one") {
  CHECK(decode_request(device(), example("plain-request")));
  CHECK(decode_answer(example("rejected")).value().status == Status::rejected);
}

TEST_CASE("the documented examples keep to the schemas") {
  const auto script = repository_path("tests/unit/protocol/check_schemas.py");
  const int status =
      std::system(("/usr/bin/python3 -B '" + script + "'").c_str());  // NOLINT(cert-env33-c): our own script
  const bool skipped = status == 77 << 8 || status == 127 << 8;       // no validator, or no Python at all
  if (skipped) WARN("skipped: no python3-jsonschema or python3-yaml here");
  CHECK((status == 0 || skipped));
}

}  // namespace latchkey::protocol
