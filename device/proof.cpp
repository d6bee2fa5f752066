#include "device/proof.hpp"

#include "protocol/sealed.hpp"

namespace latchkey::device {
namespace {

constexpr std::string_view as_json = "application/json";
constexpr std::string_view as_jws = "application/jose";

ProvenRequest prove_with(const KeyProof& proof, const protocol::Request& request) {
  const auto body = protocol::encode_request(request, nullptr);
  return {protocol::sign_request(body.text(), proof.key.view(), proof.group), as_jws};
}

ProvenRequest prove_with(const PrivateKeyProof& proof, const protocol::Request& request) {
  const auto body = protocol::encode_request(request, nullptr);
  const protocol::RequestHeader header{.group = proof.group, .chain = proof.chain, .current_certificate = {}};
  return {protocol::sign_request(body.text(), proof.key, header), as_jws};
}

ProvenRequest prove_with(const EnrolmentToken& proof, const protocol::Request& request) {
  return {std::string(protocol::encode_request(request, &proof.token).text()), as_json};
}

ProvenRequest prove_with(const RenewalProof& proof, const protocol::Request& request) {
  const auto body = protocol::encode_request(request, nullptr);
  const protocol::RequestHeader header{.group = {}, .chain = {}, .current_certificate = proof.certificate};
  return {protocol::sign_request(body.text(), proof.key, header), as_jws};
}

}  // namespace

ProvenRequest prove(const OwnProof& proof, const protocol::Request& request) {
  return std::visit([&](const auto& with) { return prove_with(with, request); }, proof);
}

AnsweredBy answered_by(const OwnProof& proof) noexcept {
  return std::holds_alternative<KeyProof>(proof) ? AnsweredBy::device_key : AnsweredBy::service;
}

protocol::Verifier verifier_of(AnsweredBy by, const OwnProof& proof, protocol::ServiceAnchors anchors) {
  if (by == AnsweredBy::service) return anchors;
  const auto* symmetric = std::get_if<KeyProof>(&proof);
  return symmetric != nullptr ? protocol::answer_key(symmetric->key.view()) : crypto::Secret();
}

std::expected<crypto::Secret, std::string> open_secrets(
    const OwnProof& proof, const std::optional<crypto::PrivateKey>& encryption_key, std::string_view sealed) {
  if (encryption_key) return protocol::open_sealed(sealed, *encryption_key);
  if (const auto* symmetric = std::get_if<KeyProof>(&proof))
    return protocol::open_sealed(sealed, protocol::sealing_key(symmetric->key.view()));
  return std::unexpected("sealed: this device has no key to open it");
}

}  // namespace latchkey::device
