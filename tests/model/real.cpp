#include "model/real.hpp"

#include "base/failpoint.hpp"
#include "protocol/signer.hpp"
#include "protocol/status.hpp"
#include "registry/housekeeping.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

namespace latchkey {
namespace {

/// What happens when a message has been decided and is not committed yet.
std::function<void()> before_commit;

}  // namespace

/// Instead of the one in base/, which kills the process: one thread is two replicas, one inside the other.
void failpoint(const char* name) noexcept {
  const std::string_view place(name);
  if (place != "before_commit" && place != "before_status_commit") return;
  if (const auto inside = std::exchange(before_commit, {})) inside();
}

}  // namespace latchkey

namespace latchkey::model {
namespace {

constexpr std::string_view own_key = "a key of one device, of 32 bytes";
constexpr auto late_by = std::chrono::seconds(8);  // not yet dropped as too old

constexpr const char* view = R"(
  SELECT coalesce((SELECT state || ' generation ' || generation || ', configuration ' || config_version
      || ', applied ' || applied_config_version || ', confirmed ' || coalesce(confirmed, 0)
      || CASE WHEN credentials_sent_at IS NULL THEN ', not sent' ELSE ', sent' END
      FROM registry.device WHERE device_id = $1), '')
    || E'\n  credentials:' || coalesce((SELECT string_agg(' ' || generation || ' ' || status, ''
      ORDER BY generation) FROM registry.credential WHERE device_id = $1), '')
    || E'\n  session:' || coalesce((SELECT ' ' || right(session, 1) || ' generation ' || generation
      || CASE WHEN online THEN ' online' ELSE ' offline' END
      FROM registry.presence WHERE device_id = $1), '')
    || E'\n  events:' || coalesce((SELECT string_agg(' ' || old_state || '>' || new_state, '' ORDER BY at)
      FROM registry.event WHERE device_id = $1 AND action = 'state'), '')
    || E'\n  ledger:' || coalesce((SELECT string_agg(' ' || line || ',', '' ORDER BY line COLLATE "C") FROM (
      SELECT concat_ws(' ', decision, code, generation) AS line
      FROM registry.attempt WHERE device_id = $1) a), ''))";

std::string session_name(int session) {
  return "session-" + std::to_string(session);
}

std::string_view name_of(Act act) {
  static constexpr std::array<std::string_view, 8> names = {
      "suspend",      "resume",         "revoke",        "reset",
      "decommission", "disable_device", "enable_device", "set_device_config"};
  return names.at(static_cast<std::size_t>(act));
}

std::string hex(crypto::ByteView bytes) {
  return "'\\x" + crypto::to_hex(bytes) + "'";
}

}  // namespace

Real::Real() : keys_{crypto::PrivateKey::generate_p256(), crypto::PrivateKey::generate_p256()} {
  for (auto& replica : replicas_)
    replica = std::make_unique<Replica>(database_.options(test::Login::service));
  views_->prepare("view", view);
  views_->prepare(
      "certificate",
      "SELECT encode(fingerprint, 'hex'), encode(key_fingerprint, 'hex') FROM registry.credential "
      "WHERE device_id = $1 AND generation = $2");
  for (const std::string reprovisioning : {"rotate", "deny"})
    database_.run("SELECT registry.enroll_group('" + reprovisioning + "', 'symmetric_key', " +
                      hex(test::master().seal("group:" + reprovisioning, crypto::as_bytes(own_key))) +
                      ", reprovisioning => '" + reprovisioning + "')",
                  test::Login::ops);
}

void Real::begin(bool may_reprovision) {
  id_ = "device-" + std::to_string(++devices_);
  for (auto& key : keys_)
    key = crypto::PrivateKey::generate_p256();
  for (auto& replica : replicas_) {
    replica->handed_over.clear();
    replica->serving.said.str({});
  }
  database_.run("SELECT registry.enroll_device('" + id_ + "', 'symmetric_key', " +
                    hex(test::master().seal("device:" + id_, crypto::as_bytes(own_key))) + ", '" +
                    (may_reprovision ? "rotate" : "deny") + "')",
                test::Login::ops);
}

Real::Certificate Real::certificate_of(int generation) {
  const auto rows = pqxx::nontransaction(*views_).exec_prepared("certificate", id_, generation);
  Certificate found{{}, keys_.front()};
  if (rows.empty()) return found;
  const std::string digits = rows[0][0].c_str();
  for (std::size_t i = 0; i < found.fingerprint.size(); ++i)
    found.fingerprint.at(i) = static_cast<std::uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  const auto second = crypto::sha256(keys_.back().public_key().spki());
  return {found.fingerprint, rows[0][1].c_str() == crypto::to_hex(second) ? keys_.back() : keys_.front()};
}

std::string Real::request_of(const Step& step) {
  const auto now = test::this_second().time_since_epoch().count();
  const auto& key = keys_.at(static_cast<std::size_t>(step.key));
  const protocol::Request request{.request_id = test::request_id(std::to_string(step.request)),
                                  .device_id = test::id_of(id_),
                                  .credential = protocol::CredentialType::x509,
                                  .csr = crypto::make_certificate_request(key, "ignored"),
                                  .issued_at = step.proof == Proof::stale ? now - 3600 : now,
                                  .nonce = {},
                                  .encryption_key = {}};
  const std::string payload(protocol::encode_request(request, nullptr).text());
  if (step.proof == Proof::certificate) {
    const auto [fingerprint, its_key] = certificate_of(step.generation);
    return protocol::sign_request(payload, its_key,
                                  {.group = {}, .chain = {}, .current_certificate = fingerprint});
  }
  const std::string_view proof = step.proof == Proof::wrong ? "another key, that is of 32 bytes" : own_key;
  return protocol::sign_request(payload, crypto::as_bytes(proof), std::optional<std::string>());
}

std::string Real::status_of(const Step& step) const {
  using protocol::StatusKind;
  protocol::StatusMessage status;
  status.kind = step.what == What::connected ? StatusKind::connected
                : step.what == What::ready   ? StatusKind::ready
                : step.what == What::failed  ? StatusKind::failed
                                             : StatusKind::disconnected;
  status.session = session_name(step.session);
  status.generation = status.config_version = step.generation;
  if (step.what == What::failed) status.code = "broken";
  if (step.what == What::connected && step.previous >= 0 && step.previous != step.session)
    status.previous = session_name(step.previous);
  if (step.what != What::connected || step.signature == Signature::none)
    return protocol::encode_status(status);
  protocol::Connection connection;
  connection.host = step.signature == Signature::elsewhere ? "elsewhere.example" : "broker.example";
  const std::string_view key =
      step.signature == Signature::forged ? "another key, that is of 32 bytes" : own_key;
  return protocol::sign_status(protocol::encode_signed_status(status, id_, connection), crypto::as_bytes(key),
                               {});
}

void Real::collect(Replica& replica) {
  replica.serving.sent.delivered(replica.next_tag);
  auto sent = replica.serving.sent.take(service::Steady::now());
  if (sent.empty()) return;
  ++replica.next_tag;
  replica.handed_over.push_back(std::move(sent.front()));
}

void Real::acknowledge(Replica& replica) {
  if (replica.handed_over.empty()) return;
  const auto marked = registry::mark_sent(replica.serving.registry, std::span(replica.handed_over).first(1));
  if (!marked) throw std::runtime_error(marked.error().what);
  replica.handed_over.erase(replica.handed_over.begin());
}

void Real::take(const Step& step, const std::function<void()>& inside) {
  Replica& replica = *replicas_.at(static_cast<std::size_t>(step.replica));
  if (step.what == What::acknowledged) return acknowledge(replica);
  // What floods is counted only: here each line of the ledger is looked at.
  std::destroy_at(&replica.serving.limits);
  std::construct_at(&replica.serving.limits);
  std::string payload = step.what == What::request ? request_of(step) : status_of(step);
  before_commit = inside;
  if (step.what == What::request)
    replica.serving.request(id_, std::move(payload));
  else
    replica.serving.status(id_, std::move(payload),
                           step.late ? service::Steady::duration(late_by) : service::Steady::duration());
  // It was over without a commit.
  if (const auto left = std::exchange(before_commit, {})) left();
  collect(replica);
}

bool Real::act(const Step& step) {
  std::string call = "SELECT registry." + std::string(name_of(step.act)) + "('" + id_ + "', ";
  if (step.act == Act::configure)
    call += step.config == 0 ? "'{}', " : "'{\"a\":" + std::to_string(step.config) + "}', ";
  return database_.refusal(call + "'why')", test::Login::ops).state.empty();
}

std::string Real::shown() {
  std::string text = pqxx::nontransaction(*views_).exec_prepared("view", id_)[0][0].c_str();
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    text += "\n  given to the broker by replica " + std::to_string(i) + ":";
    for (const auto& sent : replicas_.at(i)->handed_over)
      text += " " + std::to_string(sent.generation);
  }
  return text;
}

}  // namespace latchkey::model
