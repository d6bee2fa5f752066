#include "crypto/encoding.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

#include <algorithm>

namespace latchkey::protocol {
namespace {

using namespace fixtures;

SignatureProof proof_of(const Json& header) {
  auto decoded = decode_request(device(), jws(header, signed_request()));
  INFO((decoded ? "" : decoded.error().message));
  REQUIRE(decoded);
  return std::get<SignatureProof>(std::move(decoded->proof));
}

/// Certificates go with a signature, not with a MAC.
Json certificate_header() {
  return with(jose_header(), "/alg", R"("ES256")");
}

std::string certificate_fault(std::string_view at, std::string_view value) {
  return fault_of(jws(with(certificate_header(), at, value), signed_request()));
}

std::string fault(std::string_view at, std::string_view value) {
  return fault_of(jws(with(jose_header(), at, value), signed_request()));
}

const std::string digest = crypto::base64url_encode(crypto::Bytes(32, 0xAB));

}  // namespace

TEST_CASE("every algorithm of the protocol is known by its name") {
  using crypto::Algorithm;
  const std::pair<const char*, Algorithm> table[] = {
      {R"("HS256")", Algorithm::hs256},     {R"("ES256")", Algorithm::es256},
      {R"("ES384")", Algorithm::es384},     {R"("RS256")", Algorithm::rs256},
      {R"("Ed25519")", Algorithm::ed25519}, {R"("EdDSA")", Algorithm::ed25519},
  };
  for (const auto& [name, algorithm] : table) {
    CAPTURE(name);
    CHECK(proof_of(with(jose_header(), "/alg", name)).algorithm == algorithm);
  }
}

TEST_CASE("every other algorithm is refused") {
  for (const auto* name : {R"("none")", R"("None")", R"("")", R"("HS512")", R"("hs256")", R"("PS256")",
                           R"("ES512")", R"("ES256K")", R"("dir")"}) {
    CAPTURE(name);
    CHECK(fault("/alg", name) == "alg: must be HS256, ES256, ES384, RS256 or Ed25519");
  }
  CHECK(fault("/alg", "") == "alg: is missing");
  CHECK(fault("/alg", "256") == "alg: must be a string");
}

TEST_CASE("typ is exactly the request's") {
  for (const auto* name : {R"("provisioning-response+jws")", R"("Provisioning-Request+jws")", R"("JWT")",
                           R"("")", R"("application/provisioning-request+jws")"}) {
    CAPTURE(name);
    CHECK(fault("/typ", name) == "typ: must be provisioning-request+jws");
  }
  CHECK(fault("/typ", "") == "typ: is missing");
}

TEST_CASE("header members that the protocol does not list are refused") {
  for (const auto* name : {"crit", "b64", "jwk", "jku", "x5u", "x5t", "cty", "zip", "shiny", "critical"}) {
    CAPTURE(name);
    CHECK(fault("/" + std::string(name), "[]") == "header: has a member that is not known");
  }
}

TEST_CASE("a header is strict JSON") {
  const auto payload = signed_request().dump();
  CHECK(fault_of(jws_of_texts(R"({"alg":"HS256","alg":"HS256","typ":"provisioning-request+jws"})",
                              payload)) == "header: has alg twice");
  CHECK(fault_of(jws_of_texts(R"({"alg":"HS256","typ":)", payload)).starts_with("header: is not valid JSON"));
  CHECK(fault_of(jws_of_texts(R"({"kid":[[[[[[[[[]]]]]]]]]})", payload)) == "header: is deeper than 8");
}

TEST_CASE("kid is a string of 1 to 128 bytes") {
  CHECK(proof_of(with(jose_header(), "/kid", '"' + std::string(128, 'k') + '"')).kid ==
        std::string(128, 'k'));
  CHECK_FALSE(proof_of(with(jose_header(), "/kid", "")).kid);
  CHECK(fault("/kid", R"("")") == "kid: must be 1 to 128 bytes");
  CHECK(fault("/kid", '"' + std::string(129, 'k') + '"') == "kid: must be 1 to 128 bytes");
  CHECK(fault("/kid", "1") == "kid: must be a string");
  CHECK(fault("/kid", R"("a\u0000b")") == "header: has U+0000 in kid");
}

TEST_CASE("x5c is 1 to 5 certificates in base64, leaf first") {
  CHECK(proof_of(with(certificate_header(), "/x5c", R"(["MAA=","MAEA"])")).chain ==
        std::vector<crypto::Bytes>{{0x30, 0x00}, {0x30, 0x01, 0x00}});
  CHECK(
      proof_of(with(certificate_header(), "/x5c", R"(["MAA=","MAA=","MAA=","MAA=","MAA="])")).chain.size() ==
      5);
  const std::string not_array = "x5c: must be an array of 1 to 5 strings";
  CHECK(certificate_fault("/x5c", "[]") == not_array);
  CHECK(certificate_fault("/x5c", R"("MAA=")") == not_array);
  CHECK(certificate_fault("/x5c", R"({"a":"MAA="})") == not_array);
  CHECK(certificate_fault("/x5c", R"(["MAA=","MAA=","MAA=","MAA=","MAA=","MAA="])") == not_array);
  for (const auto* value :
       {"[1]", R"([""])", R"(["MAA"])", R"(["MA-_"])", R"(["MAA=",["MAA="]])", "[null]"}) {
    CAPTURE(value);
    CHECK(certificate_fault("/x5c", value) == "x5c: must be base64 of DER");
  }
}

TEST_CASE("x5t#S256 is a SHA-256 in base64url") {
  const auto current =
      proof_of(with(certificate_header(), "/x5t#S256", '"' + digest + '"')).current_certificate;
  REQUIRE(current);
  CHECK(std::ranges::all_of(*current, [](auto byte) { return byte == 0xAB; }));
  for (const auto& value :
       {std::string(R"("q6urqw")"), '"' + digest + "A\"", '"' + digest + "=\"", std::string(R"("")")}) {
    CAPTURE(value);
    CHECK(certificate_fault("/x5t#S256", value) == "x5t#S256: must be 32 bytes in base64url");
  }
  CHECK(certificate_fault("/x5t#S256", "1") == "x5t#S256: must be a string");
}

TEST_CASE("a chain and a current certificate exclude each other; kid goes with either") {
  auto both = with(with(certificate_header(), "/x5c", R"(["MAA="])"), "/x5t#S256", '"' + digest + '"');
  CHECK(fault_of(jws(both, signed_request())) == "x5c: cannot be there together with x5t#S256");
  CHECK(proof_of(with(certificate_header(), "/x5c", R"(["MAA="])")).kid == "sensors");
  CHECK(proof_of(with(certificate_header(), "/x5t#S256", '"' + digest + '"')).kid == "sensors");
}

TEST_CASE("certificates do not go with a MAC") {
  CHECK(fault("/x5c", R"(["MAA="])") == "x5c: cannot be there with HS256");
  CHECK(fault("/x5t#S256", '"' + digest + '"') == "x5t#S256: cannot be there with HS256");
}

TEST_CASE("a message that is no compact JWS is refused") {
  const auto good = jws(jose_header(), signed_request());
  const auto dot = good.find('.');
  for (const auto& message : {good.substr(0, dot), std::string("e"), "e" + std::string(16383, '.')}) {
    CAPTURE(message);
    CHECK(fault_of(message) == "request: is not a JWS: not three parts");
  }
  CHECK(fault_of("e..") == "request: is not a JWS: protected header is not base64url");
  CHECK(fault_of(good.substr(0, dot) + "=" + good.substr(dot)) ==
        "request: is not a JWS: protected header is not base64url");
}

TEST_CASE("bytes after a JWS are refused by name, with the place") {
  using namespace std::string_literals;
  const auto good = jws(jose_header(), signed_request());
  for (const auto& after : {"\n"s, "\0"s, "="s, "."s, ".e30"s, " "s, "\r\n"s + good, "{}"s}) {
    CAPTURE(after);
    CHECK(fault_of(good + after) ==
          "request: is not a JWS: bytes after its end at byte " + std::to_string(good.size()));
  }
}

TEST_CASE("the payload of a signed request is a JSON object from its first byte on") {
  const auto header = jose_header().dump();
  CHECK(fault_of(jws_of_texts(header, "")) == "request: is not a JSON object");
  CHECK(fault_of(jws_of_texts(header, "[]")) == "request: is not a JSON object");
  CHECK(fault_of(jws_of_texts(header, " " + signed_request().dump())) == "request: is not a JSON object");
}

}  // namespace latchkey::protocol
