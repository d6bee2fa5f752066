#include "base/failpoint.hpp"
#include "device/operation.hpp"
#include "device/signed_connected.hpp"

#include <utility>

// The messages of a session, and the handling of configuration messages.
namespace latchkey::device {

using protocol::StatusKind;

// Configurations are signed in the same way as the answer with this credential, which after a renewal may
// differ from the factory's proof.
protocol::Verifier Operation::verifier() const {
  const auto& proof = context_.settings.proof;
  return verifier_of(credential_.record.answered_by.value_or(answered_by(proof)), proof,
                     anchors_at(context_.settings, context_.time, connection_));
}

ConfigRecord Operation::config() const {
  return context_.store.config().value_or(ConfigRecord());
}

Operation::Ended Operation::on_configuration(const protocol::Configuration& configuration) {
  context_.reporter.step({"configuration",
                          {{"state", configuration.state},
                           {"config_version", configuration.config_version},
                           {"has_config", configuration.config || !configuration.sealed.empty()}}});
  failpoint("configuration_received");
  has_worked_ = true;
  reconnects_.reset();
  if (!(asks_for_ready(configuration) && awaits_answer_to_ready(configuration.config_version)))
    unanswered_since_.reset();
  if (plan_.stays) give_up_at_.reset();
  if (const auto ended = keep(configuration)) return ended;
  return answer(configuration);
}

// The message proves that the credential works. It does not prove that the service has confirmed it: the
// broker may have sent a plain `connected` in place of the signed one. Only then delete older credentials.
Operation::Ended Operation::keep(const protocol::Configuration& configuration) {
  const auto& store = context_.store;
  const auto generation = credential_.record.generation;
  confirmed_ = configuration.confirmed;
  auto kept = is_answered_ ? std::expected<void, std::string>() : store.note_worked(generation, connection_);
  is_answered_ = is_answered_ || kept;
  if (kept && confirmed_ >= generation) kept = store.drop_older(generation);
  const auto config = config_in(configuration);
  if (kept && config) kept = store.keep_config(*config);
  std::expected<bool, std::string> moves = false;
  if (kept && configuration.connection) {
    auto told = *configuration.connection;
    if (told.ca.empty() && told.host == connection_.host && told.port == connection_.port)
      told.ca = connection_.ca;  // without `ca` the device keeps its anchors
    moves = store.keep_connection(generation, told);
    if (is_same(connection_, told)) connection_ = told;  // with its new rights
  }
  if (!kept || !moves) {
    // Not fatal: what was not stored is sent again, and old files do no harm.
    context_.reporter.remark(kept ? moves.error() : kept.error());
    return plan_.stays ? Ended() : Outcome::damaged;
  }
  if (!*moves || !plan_.stays) return std::nullopt;
  context_.reporter.step(
      {"moving",
       {{"host", configuration.connection->host}, {"port", std::int64_t{configuration.connection->port}}}});
  disconnect();
  return Outcome::changed;
}

std::optional<ConfigRecord> Operation::config_in(const protocol::Configuration& configuration) {
  if (configuration.sealed.empty()) return config_of(configuration.config_version, configuration.config, {});
  const auto opened = open_secrets(context_.settings.proof, credential_.encryption_key, configuration.sealed);
  const auto secrets = opened ? protocol::read_secrets(opened->text()) : std::unexpected(opened.error());
  if (secrets) return config_of(configuration.config_version, configuration.config, *secrets);
  context_.reporter.remark("the configuration cannot be opened: " + secrets.error());
  return std::nullopt;
}

Operation::Ended Operation::answer(const protocol::Configuration& configuration) {
  const auto known = config();
  if (configuration.config_version > known.version)
    return fail({"config_missing", "configuration " + std::to_string(configuration.config_version) +
                                       " is needed, but was not sent or cannot be opened"});
  if (!known.is_applied()) {
    if (failed_version_ != known.version) return apply();
    next_send_.reset();  // the answer to `failed`: `next_apply_` decides when to try again
    return std::nullopt;
  }
  if (configuration.state != "ready" || asks_for_ready(configuration)) return become_ready();
  next_send_.reset();
  report_ready();
  use_rights();
  if (plan_.stays) return std::nullopt;
  publish_reading();
  disconnect();
  return Outcome::ready;
}

Operation::Ended Operation::apply() {
  next_apply_.reset();
  failed_version_.reset();
  if (const auto applied = apply_config(context_); !applied) {
    failed_version_ = config().version;
    next_apply_ = Clock::now() + applies_.next(context_.environment.uniform());
    return fail(applied.error());
  }
  applies_.reset();
  return become_ready();
}

bool Operation::awaits_answer_to_ready(std::int64_t version) const {
  return next_send_ && sent_status_ && sent_status_->kind == StatusKind::ready &&
         sent_status_->config_version == version;
}

// While a `ready` has no answer, the timer repeats it: each one is answered, and answering each answer would
// go on for ever.
Operation::Ended Operation::become_ready() {
  const auto ready = status(StatusKind::ready);
  if (awaits_answer_to_ready(ready.config_version)) return std::nullopt;
  repeats_.reset();
  send_status(ready);
  failpoint("ready_said");
  return std::nullopt;
}

// The previous configuration stays applied. Do not repeat an equal status that was acknowledged.
Operation::Ended Operation::fail(const ApplyFailure& failure) {
  auto failed = status(StatusKind::failed);
  failed.code = failure.code;
  failed.message = failure.message;
  last_error_ = failure.message;
  if (sent_status_ && sent_status_->kind == failed.kind && sent_status_->message == failed.message) {
    next_send_.reset();
    return std::nullopt;
  }
  context_.reporter.step({"failed", {{"code", failure.code}, {"message", failure.message}}});
  repeats_.reset();
  send_status(failed);
  if (plan_.stays) return std::nullopt;
  (void)link_->flush(std::chrono::seconds(2));
  return Outcome::later;
}

protocol::StatusMessage Operation::status(StatusKind kind) const {
  protocol::StatusMessage message{.kind = kind,
                                  .session = session_,
                                  .generation = credential_.record.generation,
                                  .previous = previous_,
                                  .config_version = config().applied_version,
                                  .attributes = {},
                                  .code = {},
                                  .message = {}};
  const auto& attributes = context_.settings.attributes;
  if (kind == StatusKind::ready && attributes != "{}") message.attributes = attributes;
  return message;
}

// Signs `connected` until the service has confirmed the credential: only that makes it the one in use.
mqtt::Message Operation::message_of(const protocol::StatusMessage& status) const {
  mqtt::Message message{.topic = connection_.topics + "/status",
                        .payload = encode_status(status),
                        .content_type = "application/json",
                        .correlation_data = {}};
  if (status.kind != StatusKind::connected || confirmed_ >= status.generation) return message;
  auto proven = sign_connected(context_.settings.proof, credential_, connection_, status);
  if (!proven) {
    context_.reporter.remark("`connected` cannot be signed: " + proven.error());
    return message;
  }
  message.payload = *std::move(proven);
  message.content_type = "application/jose";
  return message;
}

void Operation::send_status(const protocol::StatusMessage& status) {
  sent_status_ = status;
  const auto now = Clock::now();
  if (!unanswered_since_) unanswered_since_ = now;
  next_send_ = now + repeats_.next(context_.environment.uniform());
  (void)link_->publish(message_of(status));  // with a full outbox the repeat sends it
}

// Somebody may have ended the session, by a status that the broker forged or kept from earlier: in another
// one the service answers again.
void Operation::repeat_status() {
  if (is_answered_ && unanswered_since_ && Clock::now() - *unanswered_since_ >= plan_.patience)
    return on_lost("the service does not answer in this session");
  send_status(*sent_status_);
}

void Operation::report_ready() {
  const auto applied = config();
  if (std::exchange(reported_ready_, applied.version) == applied.version) return;
  Step step{"ready", {{"config_version", applied.version}}};
  if (applied.is_secret) step.fields.emplace_back("sealed", true);
  if (!applied.is_secret) step.fields.emplace_back("config", JsonText{applied.config});
  context_.reporter.step(step);
}

}  // namespace latchkey::device
