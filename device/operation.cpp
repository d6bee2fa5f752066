#include "device/operation.hpp"

#include "crypto/encoding.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::device {
namespace {

using protocol::StatusKind;

constexpr std::size_t session_bytes = 12;
constexpr std::chrono::seconds goodbye{2};

std::string url_of(const protocol::Connection& connection) {
  const bool is_ipv6 = connection.host.find(':') != std::string::npos;
  return std::string(connection.tls ? "mqtts://" : "mqtt://") + (is_ipv6 ? "[" : "") + connection.host +
         (is_ipv6 ? "]" : "") + ":" + std::to_string(connection.port);
}

/// Who the device says it is.
std::string subject_of(const StoredCredential& credential) {
  const auto* certificate = credential.certificate();
  return certificate != nullptr ? certificate->certificate.common_name()
                                : credential.record.username.value_or("");
}

}  // namespace

Operation::Operation(Context context, StoredCredential credential, protocol::Connection connection)
    : context_(context), credential_(std::move(credential)), connection_(std::move(connection)) {}

Outcome Operation::run(Clock::time_point deadline) {
  while (Clock::now() < deadline) {
    if (const auto ended = run_session(deadline)) return *ended;
    Mailbox nobody;
    (void)nobody.wait_until(
        std::min(deadline, Clock::now() + reconnects_.next(context_.environment.uniform())));
  }
  return was_connected_ ? Outcome::later : Outcome::unreachable;
}

// One session is one connection: with a second one the will of the first, which may come late, would end it.
Operation::Ended Operation::run_session(Clock::time_point deadline) {
  Mailbox mailbox;
  session_ = crypto::base64url_encode(context_.environment.random_bytes(session_bytes));
  session_lost_ = false;
  next_send_.reset();
  if (!open_link(mailbox)) return Outcome::unreachable;
  Ended ended;
  while (!ended && !session_lost_ && Clock::now() < deadline) {
    const auto event = mailbox.wait_until(next_send_ ? std::min(*next_send_, deadline) : deadline);
    if (event) ended = handle(*event);
    if (!event && next_send_ && Clock::now() >= *next_send_) say(*said_);
  }
  link_.reset();  // before the mailbox that its handlers write to
  return ended;
}

// With the certificate, or with the password.
mqtt::Options Operation::login() const {
  mqtt::Options options;
  options.client_id = connection_.client_id;
  if (credential_.record.username) options.username = *credential_.record.username;
  if (const auto* password = std::get_if<StoredPassword>(&credential_.login))
    options.password = crypto::read_line_file(password->password_file).value_or(crypto::Secret());
  const auto* certificate = credential_.certificate();
  if (certificate != nullptr && connection_.tls) {
    options.certificate_file = certificate->certificate_file;
    options.key_file = certificate->key_file;
  }
  return options;
}

bool Operation::open_link(Mailbox& mailbox) {
  auto options = login();
  options.url = url_of(connection_);
  options.ca_file = connection_.tls ? ca_file() : "";
  options.version = context_.settings.mqtt_version;
  options.subscriptions = {connection_.topics + "/config"};
  options.will = {
      {.topic = connection_.topics + "/status", .payload = encode_status(status(StatusKind::disconnected))}};
  auto link = mqtt::Link::open(std::move(options), mailbox.handlers());
  if (!link) {
    last_error_ = link.error();
    context_.reporter.remark("operational connection: " + last_error_);
    return false;
  }
  link_ = *std::move(link);
  return true;
}

std::string Operation::ca_file() const {
  if (connection_.ca.empty()) return context_.settings.server_ca_file;
  const auto written = context_.store.write_anchors(connection_.ca);
  return written ? written->string() : context_.settings.server_ca_file;
}

Operation::Ended Operation::handle(const Event& event) {
  if (event.kind == Event::Kind::ready) on_ready();
  if (event.kind == Event::Kind::lost) {
    session_lost_ = true;
    last_error_ = event.payload;
    context_.reporter.remark("operational connection: " + last_error_);
  }
  if (event.kind != Event::Kind::message) return std::nullopt;
  const auto configuration = judge_configuration({context_.settings.id.text(), session_, applied_version()},
                                                 verifier(), event.payload);
  return configuration ? on_configuration(*configuration) : std::nullopt;
}

// As the answer was signed that gave this credential, which after a renewal is not as the factory's proof
// says.
protocol::Verifier Operation::verifier() const {
  const auto& proof = context_.settings.proof;
  const auto now = trusted_time(context_.environment.clock(), context_.store.server_time());
  return verifier_of(credential_.record.answered_by.value_or(answered_by(proof)), proof,
                     anchors_of(context_.settings, now, connection_.ca));
}

void Operation::on_ready() {
  last_error_.clear();
  was_connected_ = true;
  reconnects_.reset();
  repeats_.reset();
  context_.reporter.step({"connected",
                          {{"host", connection_.host},
                           {"port", std::int64_t{connection_.port}},
                           {"session", session_},
                           {"subject", subject_of(credential_)},
                           {"generation", credential_.record.generation}}});
  say(status(StatusKind::connected));
}

Operation::Ended Operation::on_configuration(const protocol::Configuration& configuration) {
  context_.reporter.step({"configuration",
                          {{"state", configuration.state},
                           {"config_version", configuration.config_version},
                           {"has_config", configuration.config || !configuration.sealed.empty()}}});
  if (!keep(configuration)) return Outcome::damaged;
  if (configuration.config_version > applied_version()) {
    fail(configuration);
    return Outcome::later;
  }
  if (configuration.state == "ready") {
    leave();
    report_ready();
    return Outcome::ready;
  }
  become_ready();
  return std::nullopt;
}

// The message proves that the credential works, so that now what was there before may go; nothing goes
// earlier.
bool Operation::keep(const protocol::Configuration& configuration) {
  const auto& store = context_.store;
  const auto generation = credential_.record.generation;
  auto kept = store.settle(generation, connection_);
  if (kept && configuration.connection) kept = store.keep_connection(generation, *configuration.connection);
  const auto config = config_in(configuration);
  if (kept && config && config->version > applied_version()) kept = store.keep_config(*config);
  if (!kept) context_.reporter.remark(kept.error());
  return kept.has_value();
}

std::optional<ConfigRecord> Operation::config_in(const protocol::Configuration& configuration) {
  if (configuration.sealed.empty()) return config_of(configuration.config_version, configuration.config, {});
  const auto opened = open_secrets(context_.settings.proof, credential_.encryption_key, configuration.sealed);
  const auto secrets = opened ? protocol::read_secrets(opened->text()) : std::unexpected(opened.error());
  if (secrets) return config_of(configuration.config_version, configuration.config, *secrets);
  context_.reporter.remark("the configuration cannot be opened: " + secrets.error());
  return std::nullopt;
}

std::int64_t Operation::applied_version() const {
  const auto applied = context_.store.config();
  return applied ? applied->version : 0;
}

// Says `ready` at once when that is news, and leaves repeats to the timer: each is answered, and answering
// each answer would go on for ever.
void Operation::become_ready() {
  auto ready = status(StatusKind::ready);
  if (said_ && said_->kind == ready.kind && said_->config_version == ready.config_version) return;
  repeats_.reset();
  say(ready);
}

void Operation::fail(const protocol::Configuration& configuration) {
  auto failed = status(StatusKind::failed);
  failed.code = "config_missing";
  failed.message = "configuration " + std::to_string(configuration.config_version) +
                   " is needed, and was not sent or does not open";
  last_error_ = failed.message;
  context_.reporter.remark(last_error_);
  say(failed);
  (void)link_->flush(goodbye);
}

protocol::StatusMessage Operation::status(StatusKind kind) const {
  protocol::StatusMessage message{.kind = kind,
                                  .session = session_,
                                  .generation = credential_.record.generation,
                                  .config_version = applied_version(),
                                  .attributes = {},
                                  .code = {},
                                  .message = {}};
  const auto& attributes = context_.settings.attributes;
  if (kind == StatusKind::ready && attributes != "{}") message.attributes = attributes;
  return message;
}

void Operation::say(const protocol::StatusMessage& status) {
  said_ = status;
  next_send_ = Clock::now() + repeats_.next(context_.environment.uniform());
  (void)link_->publish({.topic = connection_.topics + "/status",  // a full outbox: the repeat will do
                        .payload = encode_status(status),
                        .content_type = "application/json",
                        .correlation_data = {}});
}

void Operation::leave() {
  say(status(StatusKind::disconnected));
  if (!link_->flush(goodbye)) context_.reporter.remark("the goodbye was not acknowledged");
}

void Operation::report_ready() const {
  const auto applied = context_.store.config().value_or(ConfigRecord());
  Step step{"ready", {{"config_version", applied.version}}};
  if (applied.is_secret) step.fields.emplace_back("sealed", true);
  if (!applied.is_secret) step.fields.emplace_back("config", JsonText{applied.config});
  context_.reporter.step(step);
}

}  // namespace latchkey::device
