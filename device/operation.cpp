#include "device/operation.hpp"

#include "base/failpoint.hpp"
#include "crypto/encoding.hpp"

#include <algorithm>
#include <utility>

// One session for each connection: the will of an earlier connection, which may arrive late, would end a
// session that is reused.
namespace latchkey::device {
namespace {

using protocol::StatusKind;

constexpr std::size_t session_bytes = 12;
constexpr std::chrono::seconds goodbye{2};
// Limits each sleep, since the clock may be set meanwhile.
constexpr std::chrono::minutes longest_sleep{10};

std::string url_of(const protocol::Connection& connection) {
  const bool is_ipv6 = connection.host.find(':') != std::string::npos;
  return std::string(connection.tls ? "mqtts://" : "mqtt://") + (is_ipv6 ? "[" : "") + connection.host +
         (is_ipv6 ? "]" : "") + ":" + std::to_string(connection.port);
}

/// The name in the device's credential.
std::string subject_of(const StoredCredential& credential) {
  const auto* certificate = credential.certificate();
  return certificate != nullptr ? certificate->certificate.common_name()
                                : credential.record.username.value_or("");
}

}  // namespace

Operation::Operation(const Context& context, StoredCredential credential, protocol::Connection connection,
                     Plan plan)
    : context_(context),
      credential_(std::move(credential)),
      connection_(std::move(connection)),
      plan_(std::move(plan)),
      previous_(plan_.previous) {}

Outcome Operation::run() {
  give_up_at_ = Clock::now() + plan_.patience;
  for (;;) {
    if (const auto ended = run_session()) return *ended;
    const auto pause = Clock::now() + reconnects_.next(context_.environment.uniform());
    const auto event = context_.mailbox.wait_until(give_up_at_ ? std::min(pause, *give_up_at_) : pause);
    if (event && event->kind == Event::Kind::stop) return Outcome::stopped;
    if (give_up_at_ && Clock::now() >= *give_up_at_)
      return was_connected_ ? Outcome::later : Outcome::unreachable;
  }
}

/// Runs one connection; nothing if it ended or the patience is over.
Operation::Ended Operation::run_session() {
  previous_ = last_session();
  session_ = crypto::base64url_encode(context_.environment.random_bytes(session_bytes));
  session_lost_ = is_answered_ = false;
  reported_ready_.reset();
  failed_version_.reset();
  sent_status_.reset();
  next_send_.reset();
  unanswered_since_.reset();
  next_apply_.reset();
  subscribed_.clear();
  reading_interval_.reset();
  next_reading_.reset();
  context_.mailbox.clear();
  if (!open_link()) return Outcome::unreachable;
  Ended ended;
  while (!ended && !session_lost_ && !(give_up_at_ && Clock::now() >= *give_up_at_)) {
    const auto event = context_.mailbox.wait_until(next_timer());
    ended = event ? handle(*event) : on_timer();
  }
  if (exchange_) exchange_->on_lost();
  link_.reset();
  context_.mailbox.clear();
  return ended;
}

// The link's options, with the certificate or the password.
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

bool Operation::open_link() {
  auto options = login();
  options.url = url_of(connection_);
  options.ca_file = connection_.tls ? ca_file() : "";
  options.dates.now = context_.time.guess();
  options.version = context_.settings.mqtt_version;
  options.answer_limit = context_.answer_limit;
  options.subscriptions = {connection_.topics + "/config"};
  if (plan_.stays)
    options.subscriptions.push_back(
        context_.settings.topics.of(protocol::Channel::response, context_.settings.id));
  options.will = {
      {.topic = connection_.topics + "/status", .payload = encode_status(status(StatusKind::disconnected))}};
  auto link = mqtt::Link::open(std::move(options), context_.mailbox.handlers());
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
  const auto written = context_.store.write_anchors("anchors.pem", connection_.ca);
  return written ? written->string() : context_.settings.server_ca_file;
}

Operation::Ended Operation::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::ready:
      on_ready();
      return std::nullopt;
    case Event::Kind::lost:
      on_lost(event.payload);
      return std::nullopt;
    case Event::Kind::message:
      return on_message(event);
    case Event::Kind::refused:
      context_.reporter.remark("the broker refuses " + event.topic + ": " + event.payload);
      return std::nullopt;
    case Event::Kind::stop:
      disconnect();
      return Outcome::stopped;
  }
  return std::nullopt;
}

Operation::Ended Operation::on_message(const Event& event) {
  if (event.topic == context_.settings.topics.of(protocol::Channel::response, context_.settings.id))
    return exchange_ ? on_exchange_ended(exchange_->on_answer(event.payload)) : std::nullopt;
  if (event.topic != connection_.topics + "/config") {
    on_received(event);
    return std::nullopt;
  }
  const auto configuration = judge_configuration({context_.settings.id.text(), session_, config().version},
                                                 verifier(), event.payload);
  return configuration ? on_configuration(*configuration) : std::nullopt;
}

void Operation::on_ready() {
  last_error_.clear();
  was_connected_ = true;
  repeats_.reset();
  context_.reporter.step({"connected",
                          {{"host", connection_.host},
                           {"port", std::int64_t{connection_.port}},
                           {"session", session_},
                           {"subject", subject_of(credential_)},
                           {"generation", credential_.record.generation}}});
  send_status(status(StatusKind::connected));
  failpoint("connected_said");
  if (exchange_) exchange_->on_ready(*link_);
}

void Operation::on_lost(const std::string& reason) {
  // Report the end of a session, but not every failed attempt.
  if (sent_status_) context_.reporter.step({"lost", {{"reason", reason}}});
  session_lost_ = true;
  last_error_ = reason;
  if (!give_up_at_) give_up_at_ = Clock::now() + plan_.patience;
  if (sent_status_) return;
  const auto why = diagnosis_.of(url_of(connection_), connection_.tls ? ca_file() : "", reason);
  if (!why) return;
  last_error_ = *why;
  context_.reporter.remark("operational connection: " + last_error_ + "; it tries again within " +
                           std::to_string(reconnects_.ceiling().count()) + " s");
}

// Does everything that is due.
Operation::Ended Operation::on_timer() {
  const auto now = Clock::now();
  if (next_send_ && now >= *next_send_) repeat_status();
  if (next_apply_ && now >= *next_apply_)
    if (const auto ended = apply()) return ended;
  if (next_reading_ && now >= *next_reading_) publish_reading();
  if (exchange_) return on_exchange_ended(exchange_->on_timer());
  const auto renewal = renewal_time();
  return renewal && now >= *renewal ? renew() : std::nullopt;
}

Operation::Clock::time_point Operation::next_timer() const {
  auto next = Clock::now() + longest_sleep;
  const auto timers = {give_up_at_, next_send_, next_apply_, next_reading_,
                       exchange_ ? exchange_->next_timer() : renewal_time()};
  for (const auto& timer : timers)
    if (timer) next = std::min(next, *timer);
  return next;
}

void Operation::disconnect() {
  if (!link_->ready()) return;
  send_status(status(StatusKind::disconnected));
  if (!link_->flush(goodbye)) context_.reporter.remark("the broker did not acknowledge `disconnected`");
}

}  // namespace latchkey::device
