#include "unit/device_c/played_service.hpp"

#include "crypto/certificate_request.hpp"
#include "crypto/encoding.hpp"
#include "crypto/jws.hpp"
#include "crypto/mac.hpp"
#include "protocol/connection.hpp"
#include "protocol/sealed.hpp"
#include "protocol/signer.hpp"

#include <algorithm>
#include <stdexcept>

namespace latchkey::small {
namespace {

void expect(bool fine, const std::string& what) {
  if (!fine) throw std::runtime_error("the device did what it should not: " + what);
}

crypto::Validity validity() {
  const auto now = crypto::Time(std::chrono::seconds(1'800'000'000));
  return {now - std::chrono::days(1), now + std::chrono::days(3650)};
}

std::string text_of(const crypto::Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

protocol::DeviceId id() {
  return protocol::DeviceId::parse(PlayedService::device_id).value();
}

crypto::Serial serial(std::int64_t number) {
  crypto::Serial made{};
  made.front() = 0x40;
  made.back() = static_cast<std::uint8_t>(number);
  return made;
}

}  // namespace

PlayedService::PlayedService(const Proof& proof)
    : proof_(proof),
      key_(std::string_view("0123456789abcdef0123456789abcdef")),
      private_key_(crypto::PrivateKey::generate_p256()),
      anchor_(crypto::make_ca("anchor", validity())),
      signer_(crypto::make_signing_identity(anchor_, "answers", validity())),
      issuer_(crypto::make_ca("devices", validity())) {
  if (proof.kind != Proof::Kind::chain) return;
  const crypto::Issuer factory(crypto::make_ca("factory", validity()));
  chain_.push_back(factory
                       .issue({.common_name = device_id,
                               .key = private_key_.public_key(),
                               .serial = serial(1),
                               .validity = validity()})
                       .value());
}

void PlayedService::announce_anchor() {
  next_anchor_ = crypto::make_ca("anchor 2", validity());
  ++config_version_;
}

std::string PlayedService::announced_anchor() const {
  const auto der = next_anchor_->certificate.der();
  return {der.begin(), der.end()};
}

void PlayedService::use_announced_anchor() {
  signer_ = crypto::make_signing_identity(*next_anchor_, "answers 2", validity());
}

protocol::Signer PlayedService::signer(bool by_service) const {
  return by_service ? protocol::Signer(&signer_) : protocol::Signer(protocol::answer_key(key_.view()));
}

std::string PlayedService::sign(std::string_view type, std::string_view payload, bool by_service) const {
  return protocol::sign_message(type, payload, signer(by_service));
}

// --- requests

void PlayedService::prove_signature(const protocol::SignatureProof& proof, std::int64_t renews) const {
  const crypto::CompactJws jws{{}, {}, proof.signature, proof.signing_input};
  if (renews != 0) {
    const auto key = crypto::PublicKey::from_spki(credentials_.at(renews).spki).value();
    expect(crypto::verify_signature(jws, key).has_value(), "a renewal with a wrong signature");
    return;
  }
  if (proof_.kind == Proof::Kind::key) {
    expect(proof.kid == group && crypto::verify_hs256(jws, key_.view()).has_value(), "a wrong MAC");
    return;
  }
  expect(crypto::verify_signature(jws, private_key_.public_key()).has_value(), "a wrong signature");
  expect(proof.chain == chain_, "a wrong chain");
}

/// The generation that proved it; 0: the factory's proof.
std::int64_t PlayedService::prove(const protocol::ReceivedRequest& received) {
  if (const auto* plain = std::get_if<protocol::TokenProof>(&received.proof)) {
    expect(proof_.kind == Proof::Kind::token, "a plain request");
    expect(plain->token_hash == crypto::sha256(crypto::as_bytes(token)), "a wrong token");
    return 0;
  }
  const auto& proof = std::get<protocol::SignatureProof>(received.proof);
  std::int64_t renews = 0;
  if (proof.current_certificate)
    for (const auto& [generation, credential] : credentials_)
      if (crypto::sha256(crypto::as_bytes(credential.leaf)) == *proof.current_certificate)
        renews = generation;
  expect(proof.current_certificate.has_value() == (renews != 0), "an unknown certificate");
  prove_signature(proof, renews);
  return renews;
}

Json PlayedService::answer_of(std::string_view status) const {
  return {{"request_id", last_request_id},
          {"device_id", device_id},
          {"status", status},
          {"tracking_id", "of a test"},
          {"server_time", now}};
}

std::string PlayedService::sign_answer(const Json& answer) const {
  return sign(protocol::response_type, answer.dump(), proof_.kind != Proof::Kind::key);
}

void PlayedService::note(std::string_view request) {
  const auto received = protocol::decode_request(id(), request);
  expect(received.has_value(), received ? "" : received.error().message);
  if (request.front() == 'e') {
    const auto payload = crypto::parse_compact(request).value().payload;
    told_size = Json::parse(crypto::as_text(payload)).value("max_message_bytes", std::int64_t{0});
  }
  last_request_id = received->request.request_id;
  last_nonce = received->request.nonce.value_or("");
}

protocol::Answer PlayedService::answer_to(const protocol::Request& request, protocol::Status status) const {
  return {.request_id = request.request_id,
          .device_id = std::string(device_id),
          .status = status,
          .tracking_id = "played",
          .server_time = now,
          .code = {},
          .message = {},
          .retry_after_s = {},
          .nonce = {},
          .acceptance = {}};
}

std::string PlayedService::answer(std::string_view message) {
  const auto received = protocol::decode_request(id(), message);
  expect(received.has_value(), received ? "" : received.error().message);
  const auto renews = prove(*received);
  const bool by_service = proof_.kind != Proof::Kind::key || renews != 0;
  const auto& request = received->request;
  protocol::Answer answer = answer_to(request, protocol::Status::challenge);
  const bool is_signed = std::holds_alternative<protocol::SignatureProof>(received->proof);
  const bool is_fresh = request.nonce ? request.nonce == nonce_
                                      : request.issued_at && std::abs(*request.issued_at - now) <= 600;
  if (is_signed && (!is_fresh || (has_nonce_always && !request.nonce))) {
    answer.nonce = nonce_ = "nonce-" + std::to_string(++nonces_);
  } else if (renews != 0 && !credentials_.at(renews).is_live && credentials_.at(renews).not_after > now) {
    answer.status = protocol::Status::rejected;
    answer.code = "unauthorized";
    answer.retry_after_s = 3600;
    return protocol::encode_answer(answer);
  } else {
    answer = accept(request, by_service);
  }
  const auto most = told_size > 0 ? static_cast<std::size_t>(told_size) : protocol::limits::answer_bytes;
  return protocol::encode_signed_answer(answer, signer(by_service), most);
}

protocol::Answer PlayedService::accept(const protocol::Request& request, bool by_service) {
  protocol::Answer answer = answer_to(request, protocol::Status::accepted);
  const auto known = std::ranges::find_if(
      credentials_, [&](const auto& each) { return each.second.request_id == request.request_id; });
  if (known != credentials_.end() && !known->second.is_live) {
    answer.status = protocol::Status::rejected;
    answer.code = "conflict";
    return answer;
  }
  auto generation = newest();
  if (known == credentials_.end()) {
    // One that was never used ends when a newer one is issued.
    if (generation > confirmed_ && credentials_.contains(generation))
      credentials_.at(generation).is_live = false;
    ++generation;
    auto made = issue(request, generation);
    made.by_service = by_service;
    credentials_.emplace(generation, std::move(made));
  } else {
    generation = known->first;
    const auto spki = request.csr.empty() ? crypto::Bytes() : issue(request, generation).spki;
    expect(spki == known->second.spki, "another key under the same request_id");
  }
  answer.acceptance = acceptance_of(credentials_.at(generation), generation);
  return answer;
}

PlayedService::Credential PlayedService::issue(const protocol::Request& request, std::int64_t generation) {
  Credential made;
  made.request_id = request.request_id;
  made.encryption_key = request.encryption_key;
  expect(request.encryption_key.has_value() == proof_.has_encryption_key, "the encryption_key");
  made.not_after = now + 90 * 86400;
  if (request.credential == protocol::CredentialType::password) {
    made.username = std::string(device_id) + "@" + std::to_string(generation);
    made.password = "password of generation " + std::to_string(generation);
    return made;
  }
  const auto csr = crypto::CertificateRequest::parse(request.csr);
  expect(csr && csr->verify_self_signature().has_value(), "a CSR that is none");
  const auto from = crypto::Time(std::chrono::seconds(now - 3600)),
             to = crypto::Time(std::chrono::seconds(made.not_after));
  made.leaf = text_of(issuer_
                          .issue({.common_name = device_id,
                                  .key = csr->key(),
                                  .serial = serial(generation),
                                  .validity = {from, to}})
                          .value());
  made.spki = crypto::Bytes(csr->key().spki().begin(), csr->key().spki().end());
  return made;
}

std::string PlayedService::seal(const Credential& credential, const Json& secrets) const {
  if (credential.encryption_key) return protocol::Sealer(*credential.encryption_key).seal(secrets.dump());
  expect(proof_.kind == Proof::Kind::key, "nothing to seal to");
  return protocol::Sealer(protocol::sealing_key(key_.view()).view()).seal(secrets.dump());
}

protocol::Connection PlayedService::connection() const {
  protocol::Connection made{.host = host_,
                            .port = 8883,
                            .tls = true,
                            .client_id = std::string(device_id),
                            .ca = {},
                            .topics = "devices/" + std::string(device_id),
                            .publish = publish_,
                            .subscribe = subscribe_};
  if (!next_anchor_ || omits_anchors_) return made;
  for (const auto* identity : {&anchor_, &*next_anchor_})
    made.ca.emplace_back(identity->certificate.der().begin(), identity->certificate.der().end());
  return made;
}

protocol::Acceptance PlayedService::acceptance_of(const Credential& credential, std::int64_t generation) {
  protocol::Acceptance made{.generation = generation,
                            .credential = protocol::PasswordCredential{credential.username, now + 60 * 86400},
                            .connection = connection(),
                            .config_version = config_version_,
                            .config = {},
                            .sealed = {},
                            .sealed_without_config = {}};
  Json secrets{{"config", config_}};
  if (credential.leaf.empty()) {
    secrets["password"] = credential.password;
  } else {
    made.credential = protocol::CertificateCredential{
        {crypto::Bytes(credential.leaf.begin(), credential.leaf.end())}, now + 60 * 86400};
  }
  // Every second configuration is sent in clear, if no password goes with it.
  if (credential.leaf.empty() || generation % 2 == 0)
    made.sealed = seal(credential, secrets);
  else
    made.config = config_.dump();
  return made;
}

// --- statuses

std::int64_t PlayedService::generation_of(std::string_view leaf, std::string_view username,
                                          std::string_view password) const {
  for (const auto& [generation, credential] : credentials_) {
    const bool fits = leaf.empty() ? credential.leaf.empty() && credential.username == username &&
                                         credential.password == password
                                   : credential.leaf == leaf && credential.not_after > now;
    if (fits && (credential.is_live || !leaf.empty())) return generation;
  }
  return 0;
}

void PlayedService::check_signature(std::string_view text, const Credential& credential) const {
  const auto jws = crypto::parse_compact(text);
  expect(jws.has_value(), "a status that is no JWS");
  const auto header = Json::parse(crypto::as_text(jws->header));
  Json wanted{{"typ", "provisioning-status+jws"}, {"alg", "HS256"}};
  bool is_good = false;
  if (proof_.kind == Proof::Kind::key) {
    wanted["kid"] = group;
    is_good = crypto::verify_hs256(*jws, key_.view()).has_value();
  } else if (credential.leaf.empty()) {
    wanted["kid"] = credential.username;
    const auto key = crypto::derive_key(crypto::as_bytes(credential.password), "provisioning-status v1");
    is_good = crypto::verify_hs256(*jws, key.view()).has_value();
  } else {
    wanted["alg"] = "ES256";
    wanted["x5t#S256"] = crypto::base64url_encode(crypto::sha256(crypto::as_bytes(credential.leaf)));
    is_good =
        crypto::verify_signature(*jws, crypto::PublicKey::from_spki(credential.spki).value()).has_value();
  }
  expect(header == wanted, "the header of a signed status: " + header.dump());
  expect(is_good, "the signature of a status");
}

void PlayedService::retire_below(std::int64_t generation) {
  for (auto& [number, credential] : credentials_)
    if (number < generation) credential.is_live = false;
}

/// False: a plain one. Retires older generations by a signed one.
bool PlayedService::is_signed_by_live(std::string_view status, Json& body) {
  if (status.front() == '{') {
    body = Json::parse(status);
    return false;
  }
  const auto payload = crypto::parse_compact(status).value().payload;
  body = Json::parse(crypto::as_text(payload));
  const std::int64_t generation = body.at("generation");
  check_signature(status, credentials_.at(generation));
  const Json connection{{"host", connected_host}, {"port", 8883}};
  expect(body.at("status") == "connected" && body.at("device_id") == device_id &&
             body.at("connection") == connection,
         "a signed status: " + body.dump());
  if (!credentials_.at(generation).is_live) return false;
  if (!counts_signed) return true;
  confirmed_ = std::max(confirmed_, generation);
  retire_below(generation);
  return true;
}

std::string PlayedService::hear(std::string_view status) {
  Json body;
  const bool is_signed = is_signed_by_live(status, body);
  const std::string session = body.at("session");
  if (body.at("status") == "disconnected") {
    ended_sessions_.insert(session);
    return {};
  }
  if (body.at("status") == "connected") {
    expect(!ended_sessions_.contains(session), "a session name that was used before");
    const std::int64_t generation = body.at("generation");
    expect(is_signed || generation <= confirmed_ || !credentials_.at(generation).is_live,
           "a plain connected before its time");
    expect(body.value("previous", "") == (session == told_session_ ? previous_ : told_session_),
           "the previous session");
    if (session != told_session_) previous_ = std::exchange(told_session_, session);
    if (!credentials_.at(generation).is_live) return {};
    if (!session_.empty() && session_ != session) ended_sessions_.insert(session_);
    session_ = session;
    session_generation_ = generation;
    is_ready_ = is_ready();
    hosts_used_.insert(connected_host);
  }
  if (session != session_) return {};
  if (body.at("status") == "ready") {
    applied_ = body.at("config_version");
    is_ready_ = is_ready_ || applied_ == config_version_;
  }
  return push();
}

std::string PlayedService::push() {
  const auto& credential = credentials_.at(session_generation_);
  Json message{{"device_id", device_id},
               {"session", session_},
               {"state", is_ready_ ? "ready" : "connected"},
               {"config_version", config_version_},
               {"confirmed", confirmed_}};
  if (applied_ < config_version_) {
    if (config_version_ % 2 == 1 && (credential.encryption_key || proof_.kind == Proof::Kind::key))
      message["sealed"] = seal(credential, {{"config", config_}});
    else
      message["config"] = config_;
    if (connected_host != host_ || next_anchor_ || tells_rights_)
      message["connection"] = Json::parse(protocol::write_connection(connection()));
  }
  return sign(protocol::config_type, message.dump(), credential.by_service);
}

}  // namespace latchkey::small
