// 1,000 changes of each field of what is good, and not one of them is taken.

#include "unit/support/mutation.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/jwk.hpp"
#include "protocol/sealed.hpp"
#include "protocol/status.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace latchkey::protocol {
namespace {

using namespace fixtures;
using crypto::Algorithm;

constexpr int changes = 1000;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '.') parts.emplace_back();
    if (c != '.') parts.back().push_back(c);
  }
  return parts;
}
std::string join(const std::vector<std::string>& parts) {
  std::string text = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i)
    text.append(".").append(parts[i]);
  return text;
}
std::string encode(const Json& value) {
  return crypto::base64url_encode(crypto::as_bytes(value.dump()));
}
Json decode(const std::string& part) {
  return Json::parse(crypto::as_text(crypto::base64url_decode(part).value()));
}

using Accepts = std::function<bool(const std::string&)>;

/// Every part of a compact serialization, as text.
void change_parts(const std::string& good, const Accepts& accepts) {
  REQUIRE(accepts(good));
  Mutator mutator(1);
  int accepted = 0;
  for (std::size_t part = 0; part < split(good).size(); ++part) {
    for (int i = 0; i < changes; ++i) {
      auto parts = split(good);
      parts[part] = mutator.changed_text(parts[part]);
      accepted += accepts(join(parts)) ? 1 : 0;
    }
  }
  CHECK(accepted == 0);
}

/// Every member, at any depth, of the JSON in one part of a compact serialization.
void change_members(const std::string& good, std::size_t part, const Accepts& accepts) {
  const auto original = decode(split(good)[part]);
  Mutator mutator(2);
  int accepted = 0;
  const auto flat = original.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (int i = 0; i < changes; ++i) {
      auto object = original;
      object[Json::json_pointer(pointer)] = mutator.changed_value(value);
      auto parts = split(good);
      parts[part] = encode(object);
      accepted += accepts(join(parts)) ? 1 : 0;
    }
    auto without = flat;
    without.erase(pointer);
    auto parts = split(good);
    parts[part] = encode(without.unflatten());
    accepted += accepts(join(parts)) ? 1 : 0;
  }
  CHECK(accepted == 0);
}

/// As the service does it: the enrolled key decides the algorithm.
bool is_proven(const std::string& message, const crypto::PublicKey& key) {
  const auto received = decode_request(device(), message);
  const auto* proof = received ? std::get_if<SignatureProof>(&received->proof) : nullptr;
  return proof != nullptr && proof->algorithm == key.algorithm() &&
         key.verify(crypto::as_bytes(proof->signing_input), proof->signature).has_value();
}
bool is_proven_by_mac(const std::string& message) {
  const auto received = decode_request(device(), message);
  const auto* proof = received ? std::get_if<SignatureProof>(&received->proof) : nullptr;
  return proof != nullptr && proof->algorithm == Algorithm::hs256 &&
         crypto::verify_hs256(crypto::parse_compact(message).value(), key().view()).has_value();
}

const std::string payload = with(signed_request(), "/nonce", R"("bm9uY2U")").dump();

}  // namespace

TEST_CASE("no change of a request under HS256 is taken", "[mutation]") {
  const auto good = sign_request(payload, key().view(), "sensors");
  change_parts(good, is_proven_by_mac);
  change_members(good, 0, is_proven_by_mac);
  change_members(good, 1, is_proven_by_mac);
}

TEST_CASE("no change of a request with a chain is taken", "[mutation]") {
  const auto own = crypto::PrivateKey::generate_p256();
  const RequestHeader header{
      .group = "sensors", .chain = {{0x30, 0x01, 0x00}, {0x30, 0x00}}, .current_certificate = {}};
  const auto good = sign_request(payload, own, header);
  const auto accepts = [&](const std::string& message) { return is_proven(message, own.public_key()); };
  change_parts(good, accepts);
  change_members(good, 0, accepts);
  change_members(good, 1, accepts);
}

TEST_CASE("no change of a renewal is taken", "[mutation]") {
  const auto own = crypto::PrivateKey::generate_p256();
  const RequestHeader header{.group = {}, .chain = {}, .current_certificate = crypto::sha256({})};
  const auto good = sign_request(payload, own, header);
  change_members(good, 0, [&](const std::string& message) { return is_proven(message, own.public_key()); });
}

TEST_CASE("no change of a request under any other algorithm is taken", "[mutation]") {
  for (const auto algorithm : {Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    CAPTURE(crypto::name_of(algorithm));
    const auto own = crypto::PrivateKey::generate(algorithm);
    const auto good = sign_request(payload, own, {.group = {}, .chain = {}, .current_certificate = {}});
    change_parts(good, [&](const std::string& message) { return is_proven(message, own.public_key()); });
  }
}

TEST_CASE("no change of a signed status is taken", "[mutation]") {
  const auto accepts = [](const std::string& message) {
    const auto received = decode_status(device(), message);
    if (!received || !received->proof) return false;
    const auto& proof = received->proof->signature;
    return proof.algorithm == Algorithm::hs256 &&
           crypto::verify_hs256({{}, {}, proof.signature, proof.signing_input}, key().view()).has_value();
  };
  StatusMessage connected;
  connected.kind = StatusKind::connected;
  connected.session = "AbC_-123";
  Connection connection;
  connection.host = "broker.example.net";
  const auto good =
      sign_status(encode_signed_status(connected, "12345", connection), key().view(), "12345@1");
  change_parts(good, accepts);
  change_members(good, 0, accepts);
  change_members(good, 1, accepts);
}

TEST_CASE("no change of a token is taken", "[mutation]") {
  const auto enrolled = crypto::sha256(crypto::as_bytes(token));
  Mutator mutator(3);
  int accepted = 0;
  for (int i = 0; i < changes; ++i) {
    auto request = plain_request();
    request["token"] = mutator.changed_value(request["token"]);
    const auto received = decode_request(device(), request.dump());
    if (received && std::get<TokenProof>(received->proof).token_hash == enrolled) ++accepted;
  }
  CHECK(accepted == 0);
}

TEST_CASE("no change of what is sealed to a key is opened", "[mutation]") {
  const auto own = crypto::PrivateKey::generate_p256();
  const auto good = Sealer(encryption_key_of(own.public_key())).seal(R"({"password":"secret"})");
  const auto accepts = [&](const std::string& jwe) { return open_sealed(jwe, own).has_value(); };
  change_parts(good, accepts);
  change_members(good, 0, accepts);
}

TEST_CASE("no change of what is sealed under a key is opened", "[mutation]") {
  const auto sealing = sealing_key(key().view());
  const auto good = Sealer(sealing.view()).seal(R"({"password":"secret"})");
  const auto accepts = [&](const std::string& jwe) { return open_sealed(jwe, sealing).has_value(); };
  change_parts(good, accepts);
  change_members(good, 0, accepts);
}

}  // namespace latchkey::protocol
