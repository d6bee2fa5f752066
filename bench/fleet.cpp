#include "bench/fleet.hpp"

#include "bench/hostile.hpp"
#include "bench/parallel.hpp"
#include "bench/wire.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/mac.hpp"
#include "protocol/answer.hpp"
#include "protocol/configuration.hpp"
#include "protocol/sealed.hpp"
#include "protocol/status.hpp"

#include <charconv>
#include <chrono>
#include <stdexcept>

namespace latchkey::bench {
namespace {

using protocol::Channel;
using Checked = std::expected<void, std::string>;

// The devices' attributes: two members, as in docs/device.md.
constexpr const char* attributes = R"({"firmware_version":"1.4.2","model":"T1000"})";

std::string random_name() {
  return crypto::to_hex(crypto::random_bytes(12));
}

std::int64_t now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

/// A new id for each session: a repeated one is the sign of a cloned device.
std::string session_of(const Member& member, std::size_t connection) {
  return member.session + "-" + std::to_string(connection);
}

crypto::Bytes factory_certificate(const crypto::Identity& factory, const std::string& id,
                                  const crypto::PrivateKey& key) {
  const auto from = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const crypto::DeviceCertificate wanted{id,
                                         key.public_key(),
                                         crypto::random_serial(),
                                         {from - std::chrono::hours(1), from + std::chrono::years(10)}};
  auto certificate = crypto::Issuer(factory).issue(wanted);
  if (!certificate) throw std::runtime_error(certificate.error().what);
  return *std::move(certificate);
}

Checked check_certificate(const Member& member, const crypto::Bytes& der,
                          const std::vector<crypto::Certificate>& issuers) {
  const auto certificate = crypto::Certificate::from_der(der);
  if (!certificate) return std::unexpected("certificate: " + certificate.error().what);
  const auto issued =
      std::ranges::any_of(issuers, [&](const auto& ca) { return certificate->issued_by(ca); });
  if (!issued) return std::unexpected("certificate: of another issuer");
  if (certificate->common_name() != member.id) return std::unexpected("certificate: of another device");
  const auto key = certificate->public_key();
  if (!key || !std::ranges::equal(key->spki(), member.spki))
    return std::unexpected("certificate: of another key");
  return {};
}

Checked check_password(const Member& member, const protocol::PasswordCredential& credential,
                       std::string_view sealed) {
  if (!member.encryption_key) return std::unexpected("credential: no certificate");
  if (credential.username != member.id + "@1") return std::unexpected("username: of another device");
  const auto opened = protocol::open_sealed(sealed, *member.encryption_key);
  if (!opened) return std::unexpected(opened.error());
  const auto secrets = protocol::read_secrets(opened->text());
  if (!secrets || !secrets->password) return std::unexpected("sealed: no password");
  return {};
}

Checked check_answer(const Member& member, const std::string& json,
                     const std::vector<crypto::Certificate>& issuers) {
  const auto answer = protocol::decode_answer(json);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->acceptance)
    return std::unexpected("status: " + std::string(protocol::name_of(answer->status)));
  if (answer->request_id != member.request_id) return std::unexpected("request_id: of another request");
  if (answer->device_id != member.id) return std::unexpected("device_id: of another device");
  if (answer->acceptance->generation != member.generation) return std::unexpected("generation: another");
  if (const auto* password = std::get_if<protocol::PasswordCredential>(&answer->acceptance->credential))
    return check_password(member, *password, answer->acceptance->sealed);
  const auto& credential = std::get<protocol::CertificateCredential>(answer->acceptance->credential);
  return check_certificate(member, credential.chain.front(), issuers);
}

/// What a configuration must say.
struct Expected {
  std::string session;
  bool is_last = false;
  bool is_confirmed = false;
};

Checked check_configuration(const Member& member, const std::string& json, const Expected& expected) {
  const auto configuration = protocol::decode_configuration(json);
  if (!configuration) return std::unexpected(configuration.error());
  if (configuration->device_id != member.id) return std::unexpected("device_id: of another device");
  if (configuration->session != expected.session) return std::unexpected("session: another");
  if (expected.is_confirmed && configuration->confirmed != member.generation)
    return std::unexpected("confirmed: another generation");
  if (expected.is_last && configuration->state != "ready")
    return std::unexpected("state: " + configuration->state);
  return {};
}

}  // namespace

protocol::Request certificate_request(const protocol::DeviceId& id, std::string request_id,
                                      const crypto::PrivateKey& key) {
  return {.request_id = std::move(request_id),
          .device_id = id,
          .credential = protocol::CredentialType::x509,
          .csr = crypto::make_certificate_request(key, id.text()),
          .issued_at = now(),
          .nonce = {},
          .encryption_key = {},
          .attributes = attributes};
}

Fleet::Fleet(const FleetOptions& options, const Enrolled& enrolled) : options_(options), enrolled_(enrolled) {
  members_.resize(options.count);
  in_parallel(options.count, [this](std::size_t i) { members_[i] = make(i); });
}

Member Fleet::make(std::size_t number) const {
  Member member;
  member.id = options_.prefix + "-" + std::to_string(number);
  member.group = group_of(number);
  const auto id = protocol::DeviceId::parse(member.id).value();
  if (number * options_.hostile_percent % 100 < options_.hostile_percent) {
    make_hostile(member, number * options_.hostile_percent / 100, options_.prefix + "-0", enrolled_);
    return member;
  }
  member.verifier = verifier_of(member.id);
  member.request_id = random_name();
  member.session = random_name();
  if (options_.task != Task::connect) add_request(member, id);
  for (std::size_t i = 0; options_.task == Task::connect && i < options_.sessions; ++i)
    add_status(member, id, connected_of(member, session_of(member, i)));
  if (options_.task != Task::journey && options_.task != Task::renew) return member;
  add_status(member, id, connected_of(member, member.session));
  protocol::StatusMessage ready;
  ready.kind = protocol::StatusKind::ready;
  ready.session = member.session;
  ready.config_version = 1;
  add_status(member, id, protocol::encode_status(ready));
  return member;
}

std::string Fleet::group_of(std::size_t number) const {
  if (options_.groups == 0) return enrolled_.group;
  return enrolled_.group + "-" + std::to_string(number % options_.groups);
}

std::string Fleet::connected_of(const Member& member, const std::string& session) const {
  protocol::StatusMessage connected;
  connected.kind = protocol::StatusKind::connected;
  connected.session = session;
  connected.generation = member.generation;
  if (!signs_connected()) return protocol::encode_status(connected);
  protocol::Connection endpoint;
  endpoint.host = options_.endpoint_host;
  endpoint.port = options_.endpoint_port;
  return protocol::sign_status(protocol::encode_signed_status(connected, member.id, endpoint),
                               protocol::device_key(enrolled_.group_key.view(), member.id).view(),
                               member.group);
}

protocol::Verifier Fleet::verifier_of(const std::string& id) const {
  if (options_.proof != Proof::group_key) return protocol::ServiceAnchors{enrolled_.anchors, std::nullopt};
  return protocol::answer_key(protocol::device_key(enrolled_.group_key.view(), id).view());
}

std::string Fleet::request_of(Member& member, const protocol::DeviceId& id) const {
  const auto own_key = crypto::PrivateKey::generate_p256();
  auto request = certificate_request(id, member.request_id, own_key);
  if (options_.proof == Proof::token) {
    const auto numbers = own_key.public_key().numbers();
    request.credential = protocol::CredentialType::password;
    request.csr.clear();
    request.issued_at = std::nullopt;
    request.encryption_key = protocol::EncryptionKey{numbers.first, numbers.second};
    member.encryption_key = own_key;
    return std::string(protocol::encode_request(request, &enrolled_.token).text());
  }
  const auto spki = own_key.public_key().spki();
  member.spki.assign(spki.begin(), spki.end());
  if (options_.task == Task::renew) member.key = own_key;
  const auto payload = protocol::encode_request(request, nullptr);
  if (options_.proof == Proof::group_key)
    return protocol::sign_request(
        payload.text(), protocol::device_key(enrolled_.group_key.view(), member.id).view(), member.group);
  const auto factory_key = crypto::PrivateKey::generate_p256();
  return protocol::sign_request(payload.text(), factory_key,
                                {.group = {},
                                 .chain = {factory_certificate(*enrolled_.factory, member.id, factory_key)},
                                 .current_certificate = {}});
}

void Fleet::renew(const std::vector<std::string>& answers) {
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (const auto right = check(members_[i], 0, answers[i]); !right)
      throw std::runtime_error(members_[i].id + " has nothing to renew: " + right.error());
  in_parallel(members_.size(), [&](std::size_t i) { renew(members_[i], answers[i]); });
}

void Fleet::renew(Member& member, const std::string& answer) const {
  const auto json = protocol::open_message(protocol::response_type, answer, member.verifier);
  const auto accepted = protocol::decode_answer(json.value());
  const auto& chain =
      std::get<protocol::CertificateCredential>(accepted.value().acceptance.value().credential).chain;
  const auto id = protocol::DeviceId::parse(member.id).value();
  const auto key = crypto::PrivateKey::generate_p256();
  member.request_id = random_name();
  member.session = random_name();
  ++member.generation;
  const auto request = protocol::encode_request(certificate_request(id, member.request_id, key), nullptr);
  const protocol::RequestHeader header{{}, {}, crypto::sha256(chain.front())};
  member.steps = {{wire::publish(topics_.of(Channel::request, id),
                                 protocol::sign_request(request.text(), *member.key, header)),
                   Channel::response}};
  add_status(member, id, connected_of(member, member.session));
  const auto spki = key.public_key().spki();
  member.spki.assign(spki.begin(), spki.end());
  member.verifier = protocol::ServiceAnchors{enrolled_.anchors, std::nullopt};
}

void Fleet::add_request(Member& member, const protocol::DeviceId& id) const {
  member.steps.push_back(
      {wire::publish(topics_.of(Channel::request, id), request_of(member, id)), Channel::response});
}

void Fleet::add_status(Member& member, const protocol::DeviceId& id, const std::string& payload) const {
  member.steps.push_back({wire::publish(topics_.of(Channel::status, id), payload), Channel::config});
}

std::optional<std::size_t> Fleet::find(std::string_view topic) const noexcept {
  topic = topic.substr(0, topic.rfind('/'));
  const std::string_view digits = topic.substr(topic.rfind('-') + 1);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || number >= members_.size()) return std::nullopt;
  return number;
}

Checked Fleet::check(const Member& member, std::size_t step, std::string_view payload) const {
  const bool is_answer = member.steps[step].answered_on == Channel::response;
  const auto json = protocol::open_message(is_answer ? protocol::response_type : protocol::config_type,
                                           payload, member.verifier);
  if (!json) return std::unexpected(json.error());
  if (is_answer) return check_answer(member, *json, enrolled_.device_ca);
  const bool reconnects = options_.task == Task::connect;
  return check_configuration(member, *json,
                             {.session = reconnects ? session_of(member, step) : member.session,
                              .is_last = !reconnects && step + 1 == member.steps.size(),
                              .is_confirmed = signs_connected()});
}

}  // namespace latchkey::bench
