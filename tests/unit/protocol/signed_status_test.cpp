#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/status.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

const auto password = std::string_view("what the service derives again");

Json status_header() {
  return {{"alg", "HS256"}, {"typ", "provisioning-status+jws"}, {"kid", "sensors"}};
}

Json signed_status() {
  return Json::parse(R"({"status":"connected","session":"s_-45678","generation":3,"device_id":"12345",
    "connection":{"host":"broker.example.net","port":8883}})");
}

std::string written() {
  StatusMessage connected;
  connected.kind = StatusKind::connected;
  connected.session = "s_-45678";
  connected.generation = 3;
  Connection connection;
  connection.host = "broker.example.net";
  return encode_signed_status(connected, "12345", connection);
}

std::string fault(std::string_view message) {
  const auto received = decode_status(device(), message);
  return received ? "" : received.error();
}

/// The proof of a message that is read as it was written.
SignatureProof proof_in(const std::string& message) {
  const auto received = decode_status(device(), message);
  REQUIRE(received);
  CHECK(received->status.kind == StatusKind::connected);
  CHECK(received->status.session == "s_-45678");
  CHECK(received->status.generation == 3);
  REQUIRE(received->proof);
  CHECK(received->proof->host == "broker.example.net");
  CHECK(received->proof->port == 8883);
  return received->proof->signature;
}

crypto::CompactJws jws_of(const SignatureProof& proof) {
  return {{}, {}, proof.signature, proof.signing_input};
}

}  // namespace

TEST_CASE("a signed connected has the members that the page names") {
  CHECK(Json::parse(written()) == signed_status());
}

TEST_CASE("a connected under the device's symmetric key names its group, if it has one") {
  for (const std::optional<std::string>& group : {std::optional<std::string>("sensors"), {}}) {
    const auto proof = proof_in(sign_status(written(), key().view(), group));
    CHECK(proof.algorithm == crypto::Algorithm::hs256);
    CHECK(proof.kid == group);
    CHECK(crypto::verify_hs256(jws_of(proof), key().view()));
  }
}

TEST_CASE("a connected under a password names the username, and its key signs nothing else") {
  const auto derived = status_key(crypto::as_bytes(password));
  const auto proof = proof_in(sign_status(written(), derived.view(), "12345@3"));
  CHECK(proof.kid == "12345@3");
  CHECK(crypto::verify_hs256(jws_of(proof), derived.view()));
  CHECK_FALSE(crypto::verify_hs256(jws_of(proof), crypto::as_bytes(password)));
  CHECK_FALSE(crypto::verify_hs256(jws_of(proof), answer_key(crypto::as_bytes(password)).view()));
}

TEST_CASE("a connected under a certificate's key names the certificate") {
  using crypto::Algorithm;
  const auto certificate = crypto::sha256(crypto::as_bytes("a certificate"));
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    const auto own = crypto::PrivateKey::generate(algorithm);
    const auto proof = proof_in(sign_status(written(), own, certificate));
    CHECK(proof.algorithm == algorithm);
    CHECK(proof.current_certificate == certificate);
    CHECK(crypto::verify_signature(jws_of(proof), own.public_key()));
  }
}

TEST_CASE("a signed status that is not as the protocol says is refused by member") {
  const std::tuple<std::string_view, std::string_view, std::string_view> payloads[] = {
      {"/status", R"("ready")", "config_version: is missing"},
      {"/status", R"("disconnected")", "status: is never signed"},
      {"/status", R"("later")", "status: is not known"},
      {"/generation", "", "generation: is missing"},
      {"/device_id", "", "device_id: is missing"},
      {"/device_id", R"("12346")", "device_id: is not the id of the topic"},
      {"/connection", "", "connection: is missing"},
      {"/connection/host", "1", "connection.host: must be a string"},
      {"/connection/port", "", "connection.port: is missing"},
      {"/connection/port", "0", "connection.port: must be 1 to 65535"},
      {"/connection/port", "74419", "connection.port: must be 1 to 65535"},
      {"/critical", R"(["later"])", "critical: lists a member that is not known here"},
      {"/critical", R"(["connection"])", ""},
      {"/previous", R"("s_-12345")", ""},
      {"/connection/tls", "true", ""},
  };
  for (const auto& [at, value, expected] : payloads) {
    CAPTURE(at, value);
    CHECK(fault(jws(status_header(), with(signed_status(), at, value))) == expected);
  }
}

TEST_CASE("a status with a header that the protocol does not list is refused") {
  const std::string digest = '"' + crypto::base64url_encode(crypto::sha256({})) + '"';
  const std::tuple<std::string_view, std::string, std::string_view> headers[] = {
      {"/typ", "", "typ: is missing"},
      {"/typ", R"("provisioning-request+jws")", "typ: must be provisioning-status+jws"},
      {"/alg", R"("none")", "alg: must be HS256, ES256, ES384, RS256 or Ed25519"},
      {"/alg", R"("ES256")", "x5t#S256: is missing"},
      {"/x5t#S256", digest, "x5t#S256: cannot be there with HS256"},
      {"/x5c", R"(["MAA="])", "x5c: cannot be there with HS256"},
      {"/crit", "[]", "header: has a member that is not known"},
      {"/kid", "", ""},
  };
  for (const auto& [at, value, expected] : headers) {
    CAPTURE(at, value);
    CHECK(fault(jws(with(status_header(), at, value), signed_status())) == expected);
  }
  auto with_chain = status_header();
  with_chain["alg"] = "ES256";
  with_chain["x5c"] = {"MAA="};
  CHECK(fault(jws(with_chain, signed_status())) == "x5c: belongs into a request");
}

TEST_CASE("a text that is no JWS, or too large, is no signed status") {
  const auto good = jws(status_header(), signed_status());
  CHECK(fault(good).empty());
  CHECK(fault(good + "\n").starts_with("status: is not a JWS"));
  CHECK(fault(good.substr(0, good.rfind('.'))).starts_with("status: is not a JWS"));
  CHECK(fault("e" + std::string(4096, 'y')) == "status: is larger than 4096 bytes");
}

}  // namespace latchkey::protocol
