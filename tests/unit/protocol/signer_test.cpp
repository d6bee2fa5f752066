#include "protocol/signer.hpp"

#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;
using namespace std::chrono_literals;

const crypto::Time now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
const crypto::Validity valid{now - 1h, now + 24h};

struct Authority {
  crypto::Identity anchor = crypto::make_ca("service anchor", valid);
  crypto::Identity signer = crypto::make_signing_identity(anchor, "answers", valid);
};

const Authority& ours() {
  static const Authority authority;
  return authority;
}

Verifier anchors(const crypto::Identity& anchor, std::optional<crypto::Time> at = now) {
  return ServiceAnchors{{anchor.certificate}, at};
}

std::string fault(std::string_view type, std::string_view message, const Verifier& verifier) {
  const auto opened = open_message(type, message, verifier);
  return opened ? "" : opened.error();
}

Json answer_header(std::string_view alg) {
  return {{"alg", alg}, {"typ", response_type}};
}

}  // namespace

TEST_CASE("the keys of one device key are those of the protocol, and differ") {
  const auto k = key();
  const auto hmac = [&](std::string_view label) {
    return crypto::hmac_sha256(k.view(), crypto::as_bytes(label));
  };
  CHECK(crypto::equal_constant_time(answer_key(k.view()).view(), hmac("provisioning-response v1")));
  CHECK(crypto::equal_constant_time(sealing_key(k.view()).view(), hmac("provisioning-sealed v1")));
  CHECK(crypto::equal_constant_time(device_key(k.view(), "12345").view(), hmac("12345")));
}

TEST_CASE("a message signed under an answer key opens under it alone") {
  const auto message = sign_message(response_type, R"({"a":1})", answer_key(key().view()));
  CHECK(open_message(response_type, message, answer_key(key().view())) == R"({"a":1})");
  CHECK(fault(response_type, message, key()).starts_with("signature: "));
  CHECK(fault(config_type, message, answer_key(key().view())) == "typ: must be provisioning-config+jws");
  CHECK(fault(response_type, message, anchors(ours().anchor)) ==
        "alg: is not the one that this device expects");
}

TEST_CASE("a message signed under the service's certificate opens under its anchor alone") {
  const auto message = sign_message(config_type, R"({"a":1})", &ours().signer);
  CHECK(open_message(config_type, message, anchors(ours().anchor)) == R"({"a":1})");
  CHECK(open_message(config_type, message, anchors(ours().anchor, std::nullopt)) == R"({"a":1})");
  CHECK_FALSE(fault(config_type, message, anchors(crypto::make_ca("service anchor", valid))).empty());
  CHECK_FALSE(fault(config_type, message, anchors(ours().anchor, now + 48h)).empty());
  CHECK_FALSE(fault(config_type, message, Verifier(ServiceAnchors{})).empty());
  CHECK(fault(response_type, message, anchors(ours().anchor)) == "typ: must be provisioning-response+jws");
  CHECK(fault(config_type, message, answer_key(key().view())) ==
        "alg: is not the one that this device expects");
}

TEST_CASE("every changed byte of a signed message is noticed") {
  const auto message = sign_message(response_type, R"({"a":1})", &ours().signer);
  for (std::size_t i = 0; i < message.size(); i += 7) {
    auto changed = message;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK_FALSE(open_message(response_type, changed, anchors(ours().anchor)));
  }
}

TEST_CASE("only a certificate for signing answers signs answers") {
  const auto server = crypto::make_server_identity(ours().anchor, {"broker"}, valid);
  CHECK_FALSE(
      open_message(response_type, sign_message(response_type, "{}", &server), anchors(ours().anchor)));
  CHECK_FALSE(
      open_message(response_type, sign_message(response_type, "{}", &ours().anchor), anchors(ours().anchor)));
}

TEST_CASE("x5c of a message holds the signer's certificate and no more") {
  const auto message = sign_message(response_type, "{}", &ours().signer);
  const auto parts = crypto::parse_compact(message).value();
  auto header = Json::parse(crypto::as_text(parts.header));
  REQUIRE(header["x5c"].size() == 1);
  header["x5c"].push_back(header["x5c"][0]);
  const auto alone = std::string("signature: x5c: must hold the signer's certificate alone");
  CHECK(fault(response_type, crypto::sign(header.dump(), "{}", ours().signer.key), anchors(ours().anchor)) ==
        alone);
  header.erase("x5c");
  CHECK(fault(response_type, crypto::sign(header.dump(), "{}", ours().signer.key), anchors(ours().anchor)) ==
        alone);
}

TEST_CASE("a signer that the anchor vouches for has a P-256 key, whatever the header says") {
  const std::string path = repository_path("tests/unit/protocol/data/es256_header_p384_signer");
  const auto anchor =
      crypto::Certificate::from_pem(crypto::as_bytes(read_file(path + ".anchor.pem"))).value();
  CHECK(fault(response_type, read_file(path + ".jws"), ServiceAnchors{anchor, std::nullopt}) ==
        "signature: x5c: is not a P-256 certificate");
}

TEST_CASE("a header decides nothing: a key of the wrong kind does not verify by it") {
  const auto k = key();
  const auto hs256 = crypto::sign_hs256(answer_header("HS256").dump(), "{}", k.view());
  CHECK(open_message(response_type, hs256, k.clone()) == "{}");
  for (const auto* alg : {"ES256", "RS256", "Ed25519"}) {
    const auto message = crypto::sign_hs256(answer_header(alg).dump(), "{}", k.view());
    CHECK(fault(response_type, message, k.clone()) == "alg: is not the one that this device expects");
  }
  // The public certificate's bytes as an HMAC key: the classic confusion.
  const auto der = ours().signer.certificate.der();
  CHECK_FALSE(open_message(response_type, crypto::sign_hs256(answer_header("HS256").dump(), "{}", der),
                           anchors(ours().anchor)));
}

TEST_CASE("a message with an unlisted header member, or none at all, is dropped") {
  const auto k = key();
  auto header = answer_header("HS256");
  header["crit"] = {"x"};
  CHECK(fault(response_type, crypto::sign_hs256(header.dump(), "{}", k.view()), k.clone()) ==
        "header: has a member that is not known");
  header = answer_header("HS256");
  header["kid"] = "sensors";
  CHECK(fault(response_type, crypto::sign_hs256(header.dump(), "{}", k.view()), k.clone()) ==
        "header: has a member of requests");
  CHECK(fault(response_type, R"({"status":"accepted"})", k.clone()) == "message: is not a JWS");
  CHECK(fault(response_type, "", k.clone()) == "message: is not a JWS");
}

TEST_CASE("a message above 8 KiB is dropped") {
  const auto k = key();
  CHECK(fault(response_type, sign_message(response_type, std::string(6000, ' '), k.clone()), k.clone())
            .empty());
  CHECK(fault(response_type, sign_message(response_type, std::string(6200, ' '), k.clone()), k.clone()) ==
        "message: is larger than 8192 bytes");
}

}  // namespace latchkey::protocol
