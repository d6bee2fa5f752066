#include "device/signed_connected.hpp"

#include "crypto/certificate.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

namespace latchkey::device {
namespace {

using protocol::SignatureProof;

crypto::Secret own_key() {
  return crypto::Secret(std::string_view("0123456789abcdef0123456789abcdef"));
}

StoredCredential credential_by(std::variant<StoredCertificate, StoredPassword> login) {
  StoredCredential made{.record = {}, .login = std::move(login), .encryption_key = {}};
  made.record.device_id = "12345";
  made.record.generation = 2;
  if (made.certificate() == nullptr) made.record.username = "12345@2";
  return made;
}

StoredCredential by_password(const test::Folder& folder) {
  return credential_by(StoredPassword{folder.write("password", "correct horse\n")});
}

StoredCredential by_certificate(const test::Folder& folder, const crypto::Identity& identity) {
  const auto key = identity.key.to_pem();
  return credential_by(
      StoredCertificate{.certificate = identity.certificate,
                        .certificate_file = folder.write("certificate.pem", identity.certificate.to_pem()),
                        .key_file = folder.write("key.pem", key.text())});
}

crypto::Identity identity() {
  const auto now = crypto::Time(std::chrono::seconds(1'800'000'000));
  return crypto::make_ca("stands for a device", {now, now + std::chrono::hours(1)});
}

std::expected<std::string, std::string> said(const OwnProof& proof, const StoredCredential& credential) {
  protocol::StatusMessage connected;
  connected.kind = protocol::StatusKind::connected;
  connected.session = "s_-45678";
  connected.generation = credential.record.generation;
  protocol::Connection connection;
  connection.host = "broker.example.net";
  connection.port = 8884;
  return sign_connected(proof, credential, connection, connected);
}

SignatureProof signature_of(const OwnProof& proof, const StoredCredential& credential) {
  const auto id = protocol::DeviceId::parse("12345").value();
  const auto received = protocol::decode_status(id, said(proof, credential).value());
  REQUIRE(received);
  CHECK(received->status.generation == 2);
  REQUIRE(received->proof);
  CHECK(received->proof->host == "broker.example.net");
  CHECK(received->proof->port == 8884);
  return received->proof->signature;
}

bool is_under(const SignatureProof& proof, crypto::ByteView key) {
  return crypto::verify_hs256({{}, {}, proof.signature, proof.signing_input}, key).has_value();
}

/// The proofs of a device that signs under its credential.
std::vector<OwnProof> other_proofs() {
  std::vector<OwnProof> proofs;
  proofs.emplace_back(PrivateKeyProof{crypto::PrivateKey::generate_p256(), {}, "fleet"});
  proofs.emplace_back(EnrolmentToken{crypto::Secret(std::string_view("a-token-of-24-characters"))});
  return proofs;
}

}  // namespace

TEST_CASE("a device with a symmetric key signs connected with it, whatever its credential is") {
  const test::Folder folder;
  for (const auto& credential : {by_password(folder), by_certificate(folder, identity())})
    for (const std::optional<std::string>& group : {std::optional<std::string>("fleet"), {}}) {
      const auto proof = signature_of(KeyProof{own_key(), group}, credential);
      CHECK(proof.kid == group);
      CHECK_FALSE(proof.current_certificate);
      CHECK(is_under(proof, own_key().view()));
    }
}

TEST_CASE("any other device signs connected with the key of its certificate") {
  const test::Folder folder;
  const auto own = identity();
  for (const auto& with : other_proofs()) {
    const auto proof = signature_of(with, by_certificate(folder, own));
    CHECK_FALSE(proof.kid);
    CHECK(proof.current_certificate == own.certificate.fingerprint());
    CHECK(crypto::verify_signature({{}, {}, proof.signature, proof.signing_input}, own.key.public_key()));
  }
}

TEST_CASE("any other device signs connected under its password") {
  const test::Folder folder;
  for (const auto& with : other_proofs()) {
    const auto proof = signature_of(with, by_password(folder));
    CHECK(proof.kid == "12345@2");
    CHECK(is_under(proof, protocol::status_key(crypto::as_bytes("correct horse")).view()));
  }
}

TEST_CASE("a connected is not signed if the credential's files are gone") {
  const test::Folder folder;
  const OwnProof token = EnrolmentToken{crypto::Secret(std::string_view("a-token-of-24-characters"))};
  for (const auto& credential : {by_password(folder), by_certificate(folder, identity())}) {
    std::filesystem::remove(folder.path() / "password");
    std::filesystem::remove(folder.path() / "key.pem");
    CHECK_FALSE(said(token, credential));
  }
}

}  // namespace latchkey::device
