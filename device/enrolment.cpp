#include "device/enrolment.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::device {
namespace {

constexpr std::chrono::hours longest_sleep{1};

}  // namespace

Enrolment::Enrolment(const Context& context, const OwnProof& proof, Terms terms)
    : context_(context), exchange_(context, proof, std::move(terms)) {}

std::expected<StoredCredential, Outcome> Enrolment::run(std::optional<Clock::time_point> deadline) {
  if (!exchange_.begin()) {
    context_.reporter.remark("the request cannot be stored");
    return std::unexpected(Outcome::damaged);
  }
  context_.mailbox.clear();
  const auto link = open_link();
  if (!link) {
    context_.reporter.remark("bootstrap connection: " + link.error());
    return std::unexpected(Outcome::damaged);
  }
  return run_exchange(**link, deadline);
}

std::expected<StoredCredential, Outcome> Enrolment::run_exchange(mqtt::Link& link,
                                                                 std::optional<Clock::time_point> deadline) {
  while (!deadline || Clock::now() < *deadline) {
    auto next = Clock::now() + longest_sleep;
    if (deadline) next = std::min(next, *deadline);
    if (const auto timer = exchange_.next_timer()) next = std::min(next, *timer);
    const auto event = context_.mailbox.wait_until(next);
    if (auto ended = event ? handle(*event, link) : exchange_.on_timer()) return *std::move(ended);
  }
  return std::unexpected(was_connected_ ? Outcome::later : Outcome::unreachable);
}

std::expected<std::unique_ptr<mqtt::Link>, std::string> Enrolment::open_link() const {
  const auto& settings = context_.settings;
  return mqtt::Link::open({.url = settings.bootstrap_url,
                           .client_id = settings.id.text(),
                           .username = settings.bootstrap_user,
                           .password = settings.bootstrap_password.clone(),
                           .ca_file = ca_file(),
                           .certificate_file = {},
                           .key_file = {},
                           .dates = {.are_skipped = !context_.time.now(), .now = context_.time.now()},
                           .version = settings.mqtt_version,
                           .subscriptions = {settings.topics.of(protocol::Channel::response, settings.id)},
                           .will = {},
                           .answer_limit = context_.answer_limit},
                          context_.mailbox.handlers());
}

// The factory's anchors and those received from the service, so that a device that was offline while anchors
// were replaced can connect by either.
std::string Enrolment::ca_file() const {
  const auto& settings = context_.settings;
  auto anchors = context_.store.learned_anchors();
  if (anchors.empty() || settings.server_ca_file.empty()) return settings.server_ca_file;
  for (const auto& anchor : settings.anchors)
    anchors.emplace_back(anchor.der().begin(), anchor.der().end());
  const auto written = context_.store.write_anchors("bootstrap-anchors.pem", anchors);
  return written ? written->string() : settings.server_ca_file;
}

void Enrolment::on_lost(const std::string& reason) {
  exchange_.on_lost();
  const auto why = std::exchange(is_connected_, false)
                       ? std::optional(reason)
                       : diagnosis_.of(context_.settings.bootstrap_url, ca_file(), reason);
  if (why) context_.reporter.remark("bootstrap connection: " + *why + "; it tries again within 8 s");
}

RequestExchange::Ended Enrolment::handle(const Event& event, mqtt::Link& link) {
  switch (event.kind) {
    case Event::Kind::ready:
      is_connected_ = was_connected_ = true;
      exchange_.on_ready(link);
      return std::nullopt;
    case Event::Kind::lost:
      on_lost(event.payload);
      return std::nullopt;
    case Event::Kind::message:
      return exchange_.on_answer(event.payload);
    case Event::Kind::refused:
      context_.reporter.remark("the broker refuses " + event.topic + ": " + event.payload);
      return std::nullopt;
    case Event::Kind::stop:
      return std::unexpected(Outcome::stopped);
  }
  return std::nullopt;
}

}  // namespace latchkey::device
