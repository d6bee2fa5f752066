#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

Request wanted(const DeviceId& id = device()) {
  const auto small = with(signed_request(), "/max_message_bytes", "2303");
  auto decoded = decode_request(id, jws(jose_header(), with(small, "/nonce", R"("bm9uY2U")")));
  REQUIRE(decoded);
  return std::move(decoded->request);
}

void check_same(const Request& a, const Request& b) {
  CHECK(a.request_id == b.request_id);
  CHECK(a.device_id == b.device_id);
  CHECK(a.credential == b.credential);
  CHECK(a.csr == b.csr);
  CHECK(a.attributes == b.attributes);
  CHECK(a.max_message_bytes == b.max_message_bytes);
  REQUIRE(a.encryption_key.has_value() == b.encryption_key.has_value());
  if (!a.encryption_key) return;
  CHECK(a.encryption_key->x == b.encryption_key->x);
  CHECK(a.encryption_key->y == b.encryption_key->y);
}

}  // namespace

TEST_CASE("a plain request that a device writes is read by the service") {
  const crypto::Secret secret(std::string_view("tök\"en with \\ and \n and more"));
  const auto payload = encode_request(wanted(), &secret);
  const auto decoded = decode_request(device(), payload.text());
  REQUIRE(decoded);
  check_same(decoded->request, wanted());
  CHECK(std::get<TokenProof>(decoded->proof).token_hash == crypto::sha256(secret.view()));
  CHECK_FALSE(decoded->request.issued_at);
  CHECK_FALSE(decoded->request.nonce);
}

TEST_CASE("a signed request that a device writes is read by the service") {
  const auto payload = encode_request(wanted(), nullptr);
  CHECK(payload.text().find("token") == std::string_view::npos);
  for (const auto& group : std::vector<std::optional<std::string>>{std::nullopt, "gr\"oup"}) {
    const auto message = sign_request(payload.text(), key().view(), group);
    const auto decoded = decode_request(device(), message);
    REQUIRE(decoded);
    check_same(decoded->request, wanted());
    CHECK(decoded->request.issued_at == 1767225600);
    CHECK(decoded->request.nonce == "bm9uY2U");
    CHECK(std::get<SignatureProof>(decoded->proof).kid == group);
    CHECK(crypto::verify_hs256(crypto::parse_compact(message).value(), key().view()));
  }
}

TEST_CASE("a request signed by any kind of private key is read, and verifies under its public half") {
  using crypto::Algorithm;
  const auto payload = encode_request(wanted(), nullptr);
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    const auto own = crypto::PrivateKey::generate(algorithm);
    const auto message = sign_request(
        payload.text(), own, {.group = "fleet", .chain = {{0x30, 0}, {0x30, 0}}, .current_certificate = {}});
    const auto decoded = decode_request(device(), message);
    REQUIRE(decoded);
    const auto& proof = std::get<SignatureProof>(decoded->proof);
    CHECK(proof.algorithm == algorithm);
    CHECK(proof.kid == "fleet");
    CHECK(proof.chain == std::vector<crypto::Bytes>{{0x30, 0}, {0x30, 0}});
    CHECK_FALSE(proof.current_certificate);
    CHECK(own.public_key().verify(crypto::as_bytes(proof.signing_input), proof.signature));
  }
}

TEST_CASE("a renewal names the certificate that it is signed with") {
  const auto own = crypto::PrivateKey::generate_p256();
  const auto digest = crypto::sha256(crypto::as_bytes("a certificate"));
  const auto message = sign_request(encode_request(wanted(), nullptr).text(), own,
                                    {.group = {}, .chain = {}, .current_certificate = digest});
  const auto decoded = decode_request(device(), message);
  REQUIRE(decoded);
  CHECK(std::get<SignatureProof>(decoded->proof).current_certificate == digest);
  CHECK(std::get<SignatureProof>(decoded->proof).chain.empty());
}

TEST_CASE("a request without the optional members is written and read") {
  Request bare = wanted();
  bare.credential = CredentialType::password;
  bare.csr.clear();
  bare.encryption_key.reset();
  bare.issued_at.reset();
  bare.nonce.reset();
  bare.attributes = "{}";
  bare.max_message_bytes = 0;
  const auto payload = encode_request(bare, nullptr);
  CHECK(payload.text() ==
        R"({"credential":{"type":"password"},"device_id":"12345","request_id":"5f0c9a1e7b3d4c2a"})");
  const auto decoded = decode_request(device(), sign_request(payload.text(), key().view(), {}));
  REQUIRE(decoded);
  check_same(decoded->request, bare);
}

TEST_CASE("the digest covers credential type, key and encryption key, each apart from the others") {
  const auto encryption_key = wanted().encryption_key;
  const crypto::Bytes spki{1, 2, 3};
  const auto base = request_digest(CredentialType::x509, spki, encryption_key);
  CHECK(base == request_digest(CredentialType::x509, spki, encryption_key));
  CHECK(base != request_digest(CredentialType::password, spki, encryption_key));
  CHECK(base != request_digest(CredentialType::x509, crypto::Bytes{1, 2}, encryption_key));
  CHECK(base != request_digest(CredentialType::x509, spki, std::nullopt));
  auto other = encryption_key;
  other->y[31] ^= 1U;
  CHECK(base != request_digest(CredentialType::x509, spki, other));
}

TEST_CASE("lengths keep the parts of a digest from running into each other") {
  const EncryptionKey key{.x = crypto::Bytes(32, 7), .y = crypto::Bytes(32, 9)};
  crypto::Bytes joined = key.x;
  joined.insert(joined.end(), key.y.begin(), key.y.end());
  CHECK(request_digest(CredentialType::x509, joined, std::nullopt) !=
        request_digest(CredentialType::x509, {}, key));
}

TEST_CASE("the digest of stored requests stays what it was") {
  // "x509" | 01 02 03 | nothing, and "password" | nothing | nothing, each with four bytes of length.
  const crypto::Bytes x509{0, 0, 0, 4, 'x', '5', '0', '9', 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0};
  const crypto::Bytes password{0, 0, 0, 8, 'p', 'a', 's', 's', 'w', 'o', 'r', 'd', 0, 0, 0, 0, 0, 0, 0, 0};
  CHECK(request_digest(CredentialType::x509, crypto::Bytes{1, 2, 3}, {}) == crypto::sha256(x509));
  CHECK(request_digest(CredentialType::password, crypto::Bytes{1, 2, 3}, {}) == crypto::sha256(password));
}

}  // namespace latchkey::protocol
