#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

struct Spoilt {
  std::string_view at;
  std::string_view value;  ///< JSON text; empty: the member is left out
  std::string_view fault;
};

const std::string longest_id(64, 'i');

// Both encodings share these members.
const Spoilt shared[] = {
    {"/request_id", "", "request_id: is missing"},
    {"/request_id", "7", "request_id: must be a string"},
    {"/request_id", "null", "request_id: must be a string"},
    {"/request_id", R"("123456789012345")", "request_id: must be 16 to 64 characters of A-Z a-z 0-9 _ -"},
    {"/request_id", R"("1234567890123456 ")", "request_id: must be 16 to 64 characters of A-Z a-z 0-9 _ -"},
    {"/request_id", R"("1234567890.123456")", "request_id: must be 16 to 64 characters of A-Z a-z 0-9 _ -"},
    {"/device_id", "", "device_id: is missing"},
    {"/device_id", "12345", "device_id: must be a string"},
    {"/device_id", R"("12346")", "device_id: is not the id of the topic"},
    {"/device_id", R"("")", "device_id: is not the id of the topic"},
    {"/credential", "", "credential: is missing"},
    {"/credential", R"("x509")", "credential: must be an object"},
    {"/credential", "null", "credential: must be an object"},
    {"/credential/type", "", "credential.type: is missing"},
    {"/credential/type", "1", "credential.type: must be a string"},
    {"/credential/csr", "", "credential.csr: is missing"},
    {"/credential/csr", "1", "credential.csr: must be base64 of DER"},
    {"/credential/csr", R"("")", "credential.csr: must be base64 of DER"},
    {"/credential/csr", R"("MAA")", "credential.csr: must be base64 of DER"},
    {"/credential/csr", R"("MA A=")", "credential.csr: must be base64 of DER"},
    {"/credential/csr", R"("-----BEGIN CERTIFICATE REQUEST-----")", "credential.csr: must be base64 of DER"},
    {"/max_message_bytes", "2047", "max_message_bytes: must be 2048 to 16384"},
    {"/max_message_bytes", "16385", "max_message_bytes: must be 2048 to 16384"},
    {"/max_message_bytes", "\"4096\"", "max_message_bytes: must be an integer, 0 to 2^53-1"},
    {"/max_message_bytes", "null", "max_message_bytes: must be an integer, 0 to 2^53-1"},
    {"/attributes", "[]", "attributes: must be an object"},
    {"/attributes", "null", "attributes: must be an object"},
    {"/attributes/model", "null", "attributes.model: must be a string, number or boolean"},
    {"/attributes/model", "{}", "attributes.model: must be a string, number or boolean"},
    {"/attributes/model", "[1]", "attributes.model: must be a string, number or boolean"},
    {"/attributes/Model", "1", "attributes: a name must match ^[a-z][a-z0-9_]{0,31}$"},
    {"/attributes/1model", "1", "attributes: a name must match ^[a-z][a-z0-9_]{0,31}$"},
    {"/attributes/_model", "1", "attributes: a name must match ^[a-z][a-z0-9_]{0,31}$"},
    {"/attributes/", "1", "attributes: a name must match ^[a-z][a-z0-9_]{0,31}$"},
    {"/attributes/a23456789012345678901234567890123", "1",
     "attributes: a name must match ^[a-z][a-z0-9_]{0,31}$"},
    {"/encryption_key", R"("key")", "encryption_key: must be an object"},
    {"/critical", "true", "critical: must be an array of member names"},
    {"/critical", "[1]", "critical: must be an array of member names"},
    {"/critical", R"(["device_id","shiny"])", "critical: lists a member that is not known here"},
};

std::string both_faults(std::string_view at, std::string_view value) {
  const auto plain = fault_of(with(plain_request(), at, value).dump());
  const auto with_signature = fault_of(jws(jose_header(), with(signed_request(), at, value)));
  CHECK(plain == with_signature);
  return plain;
}

/// The request that a message holds, which must be good.
ReceivedRequest received(std::string_view message) {
  auto decoded = decode_request(device(), message);
  INFO((decoded ? "" : decoded.error().message));
  REQUIRE(decoded);
  return *std::move(decoded);
}

std::string attributes_of(std::size_t bytes) {
  return R"({"a":")" + std::string(bytes - 8, 'x') + R"("})";
}

}  // namespace

TEST_CASE("a plain request is read, its token kept as a hash") {
  const auto [request, proof] = received(plain_request().dump());
  CHECK(request.request_id == request_id);
  CHECK(request.device_id == device());
  CHECK(request.credential == CredentialType::x509);
  CHECK(request.csr == crypto::Bytes{0x30, 0x00});
  CHECK(request.attributes == R"({"model":"TH-2","outdoor":true,"slots":4})");
  CHECK_FALSE(request.issued_at);
  CHECK_FALSE(request.nonce);
  CHECK_FALSE(request.encryption_key);
  CHECK(std::get<TokenProof>(proof).token_hash == crypto::sha256(crypto::as_bytes(token)));
}

TEST_CASE("a signed request is read with what its signature covers") {
  const auto message = jws(jose_header(), with(signed_request(), "/nonce", R"("bm9uY2U_-")"));
  const auto [request, proof] = received(message);
  CHECK(request.request_id == request_id);
  CHECK(request.issued_at == 1767225600);
  CHECK(request.nonce == "bm9uY2U_-");
  REQUIRE(request.encryption_key);
  CHECK(request.encryption_key->x.size() == 32);
  CHECK(request.encryption_key->y.back() == 0xAD);
  const auto& signature = std::get<SignatureProof>(proof);
  CHECK(signature.algorithm == crypto::Algorithm::hs256);
  CHECK(signature.kid == "sensors");
  CHECK(signature.chain.empty());
  CHECK_FALSE(signature.current_certificate);
  CHECK(message.starts_with(signature.signing_input + "."));
  const auto mac = crypto::hmac_sha256(key().view(), crypto::as_bytes(signature.signing_input));
  CHECK(crypto::equal_constant_time(signature.signature, mac));
}

TEST_CASE("a member that is missing or of the wrong kind is named, in both encodings") {
  for (const auto& row : shared) {
    CAPTURE(row.at, row.value);
    CHECK(both_faults(row.at, row.value) == row.fault);
  }
}

TEST_CASE("what is at a limit is taken") {
  CHECK(both_faults("/request_id", R"("1234567890123456")").empty());
  CHECK(both_faults("/request_id", '"' + std::string(64, '_') + '"').empty());
  CHECK_FALSE(both_faults("/request_id", '"' + std::string(65, '_') + '"').empty());
  CHECK(both_faults("/attributes/a2345678901234567890123456789012", "1").empty());
  CHECK(both_faults("/attributes", "{}").empty());
  CHECK(both_faults("/max_message_bytes", "2048").empty());
  CHECK(both_faults("/max_message_bytes", "16384").empty());
  CHECK(both_faults("/attributes", "").empty());
  CHECK(both_faults("/critical", "[]").empty());
  CHECK(both_faults("/critical", R"(["attributes","critical"])").empty());
}

TEST_CASE("attributes have at most 32 members") {
  Json attributes;
  for (int i = 0; i < 32; ++i)
    attributes["a" + std::to_string(i)] = i;
  CHECK(both_faults("/attributes", attributes.dump()).empty());
  attributes["one_more"] = true;
  CHECK(both_faults("/attributes", attributes.dump()) == "attributes: must have at most 32 members");
}

TEST_CASE("attributes are at most 2 KiB of compact JSON") {
  CHECK(both_faults("/attributes", attributes_of(2048)).empty());
  CHECK(both_faults("/attributes", attributes_of(2049)) == "attributes: must be at most 2048 bytes of JSON");
  const auto spaced = plain_request().dump();
  CHECK(fault_of(std::string(spaced).insert(spaced.find("\"model\""), std::string(3000, ' '))).empty());
}

TEST_CASE("last_error is at most 128 characters, not bytes") {
  const auto euros = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += "\xE2\x82\xAC";
    return '"' + text + '"';
  };
  CHECK(both_faults("/attributes/last_error", euros(128)).empty());
  CHECK(both_faults("/attributes/last_error", euros(129)) ==
        "attributes.last_error: must be at most 128 characters");
  CHECK(both_faults("/attributes/model", euros(129)).empty());
}

TEST_CASE("numbers, strings and booleans are attributes") {
  const auto request =
      with(plain_request(), "/attributes", R"({"a":-3,"b":0.5,"c":"","d":false,"e":9007199254740991})");
  CHECK(received(request.dump()).request.attributes ==
        R"({"a":-3,"b":0.5,"c":"","d":false,"e":9007199254740991})");
  CHECK(both_faults("/attributes/a", "9007199254740992") == "request: has an integer beyond 2^53-1 in a");
}

TEST_CASE("a whole number beyond 2^53-1 is no attribute, however it is written") {
  for (const auto* number : {"1e16", "-1E+16", "9007199254740992.0", "-90071992547409920e-1", "1e300"}) {
    CAPTURE(number);
    CHECK(both_faults("/attributes/a", number) == "attributes.a: must not be a whole number beyond 2^53-1");
  }
  for (const auto* number : {"9007199254740991.0", "1e15", "-1e15", "1e-300", "0.1"}) {
    CAPTURE(number);
    CHECK(both_faults("/attributes/a", number).empty());
  }
}

TEST_CASE("a password needs no csr, and one that is there does not matter") {
  for (const auto* credential : {R"({"type":"password"})", R"({"type":"password","csr":7})"}) {
    const auto request = received(with(plain_request(), "/credential", credential).dump()).request;
    CHECK(request.credential == CredentialType::password);
    CHECK(request.csr.empty());
  }
}

TEST_CASE("another type of credential is for the policy to refuse") {
  for (const auto* credential : {R"({"type":"ssh","csr":7})", R"({"type":""})", R"({"type":"X509"})"}) {
    const auto request = received(with(plain_request(), "/credential", credential).dump()).request;
    CHECK(request.credential == CredentialType::other);
    CHECK(request.csr.empty());
  }
}

TEST_CASE("members that are not known are ignored") {
  CHECK(both_faults("/shiny", R"({"a":[1,{"b":null}]})").empty());
  CHECK(both_faults("/credential/shiny", "1").empty());
}

TEST_CASE("a plain request has a token of 16 to 256 characters") {
  const auto fault = [](std::string_view value) {
    return fault_of(with(plain_request(), "/token", value).dump());
  };
  CHECK(fault("") == "token: is missing");
  CHECK(fault("1234567890123456") == "token: must be a string");
  CHECK(fault(R"("123456789012345")") == "token: must be 16 to 256 characters");
  CHECK(fault('"' + std::string(257, 't') + '"') == "token: must be 16 to 256 characters");
  CHECK(fault(R"("1234567890123456")").empty());
  CHECK(fault('"' + std::string(256, 't') + '"').empty());
}

TEST_CASE("members of one encoding are refused in the other") {
  CHECK(fault_of(with(plain_request(), "/issued_at", "1767225600").dump()) ==
        "issued_at: belongs into a signed request");
  CHECK(fault_of(with(plain_request(), "/nonce", R"("bm9uY2U")").dump()) ==
        "nonce: belongs into a signed request");
  CHECK(fault_of(jws(jose_header(), with(signed_request(), "/token", R"("1234567890123456")"))) ==
        "token: belongs into a plain request");
}

TEST_CASE("issued_at and nonce have their shapes") {
  const auto fault = [](std::string_view at, std::string_view value) {
    return fault_of(jws(jose_header(), with(signed_request(), at, value)));
  };
  for (const auto* value : {"-1", "1.5", "1e3", "\"1\"", "true", "null"}) {
    CAPTURE(value);
    CHECK(fault("/issued_at", value) == "issued_at: must be an integer, 0 to 2^53-1");
  }
  CHECK(fault("/issued_at", "9007199254740992") == "request: has an integer beyond 2^53-1 in issued_at");
  CHECK(fault("/issued_at", "9007199254740991").empty());
  CHECK(fault("/issued_at", "0").empty());
  CHECK(fault("/issued_at", "").empty());
  CHECK(fault("/nonce", "1") == "nonce: must be a string");
  CHECK(fault("/nonce", R"("bm9u=")") == "nonce: must be at most 128 base64url characters");
  CHECK(fault("/nonce", '"' + std::string(129, 'n') + '"') ==
        "nonce: must be at most 128 base64url characters");
  CHECK(fault("/nonce", '"' + std::string(128, 'n') + '"').empty());
}

TEST_CASE("an encryption key is a public point on P-256") {
  const Spoilt table[] = {
      {"/encryption_key/kty", "", "encryption_key.kty: is missing"},
      {"/encryption_key/kty", R"("OKP")", "encryption_key.kty: must be EC"},
      {"/encryption_key/crv", R"("P-384")", "encryption_key.crv: must be P-256"},
      {"/encryption_key/x", "", "encryption_key.x: is missing"},
      {"/encryption_key/x", "1", "encryption_key.x: must be a string"},
      {"/encryption_key/x", R"("AAAA")", "encryption_key.x: must be 32 bytes in base64url"},
      {"/encryption_key/y", R"("x_FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0")",
       "encryption_key.y: must be 32 bytes in base64url"},
      {"/encryption_key/y", R"("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1")",
       "encryption_key.y: must be 32 bytes in base64url"},
      {"/encryption_key/y", R"("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4")",
       "encryption_key.x: is not, with y, a point on P-256"},
      {"/encryption_key/d", R"("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")",
       "encryption_key.d: is of a private key: it stays in the device"},
      {"/encryption_key/use", R"("enc")", ""},
  };
  for (const auto& row : table) {
    CAPTURE(row.at, row.value);
    CHECK(fault_of(jws(jose_header(), with(signed_request(), row.at, row.value))) == row.fault);
  }
}

TEST_CASE("bounds of depth, keys and duplicates hold for requests") {
  CHECK(both_faults("/shiny", "[[[[[[[]]]]]]]").empty());
  CHECK(both_faults("/shiny", "[[[[[[[[]]]]]]]]") == "request: is deeper than 8");
  auto text = plain_request().dump();
  CHECK(fault_of(text.insert(1, R"("request_id":"5f0c9a1e7b3d4c2a",)")) == "request: has request_id twice");
  Json many;
  for (int i = 0; i < 65; ++i)
    many.push_back({{"k", i}});
  CHECK(both_faults("/shiny", many.dump()) == "request: has more than 64 keys");
}

}  // namespace latchkey::protocol
