#include "service/process/service.hpp"

#include "registry/condition.hpp"
#include "service/config/broker_login.hpp"
#include "service/config/certificate_ends.hpp"
#include "service/observability/timestamp.hpp"
#include "service/operations/approval_notices.hpp"
#include "service/operations/config_changes.hpp"

#include <algorithm>
#include <map>

namespace latchkey::service {
namespace {

// The sum is less than Stop::usual_limit, whatever broker and database do.
constexpr std::chrono::seconds unsubscribe_limit{1};
constexpr std::chrono::seconds drain_limit{2};
constexpr std::chrono::seconds last_batch_limit{2};
constexpr std::chrono::seconds flush_limit{4};
constexpr std::chrono::seconds last_marks_limit{1};
// A message has at most 8 KiB, and 1 KiB of correlation data: messages for an unreachable broker must not
// take more memory than the inbox.
constexpr std::size_t most_answers_waiting = 8192;
// Each call to the database ends within seconds, and a batch makes a few.
constexpr std::chrono::seconds longest_batch{60};

Destination destination_of(const Config::Connection& connection, const std::vector<crypto::Bytes>& anchors) {
  const std::int64_t password_port =
      connection.password_port == 0 ? connection.port : connection.password_port;
  return {connection.host, static_cast<std::uint16_t>(connection.port),
          static_cast<std::uint16_t>(password_port), connection.tls, anchors};
}

}  // namespace

Service::Service(const Config& config, Secrets secrets, Pki pki, Log& log)
    : config_(config),
      log_(log),
      client_id_(config.mqtt.client_id.empty() ? random_client_id() : config.mqtt.client_id),
      session_(registry::session_name(client_id_, crypto::to_hex(crypto::random_bytes(4)))),
      secrets_(std::move(secrets)),
      pki_(std::move(pki)),
      topics_(config.mqtt.provisioning_root, config.mqtt.devices_root),
      destination_(destination_of(config.connection, pki_.connection_anchors)),
      nonces_(secrets_.master.derive("nonce v1")),
      authenticator_(secrets_.master, *pki_.signing, pki_.own),
      confirmation_(authenticator_, limits_, destination_, topics_),
      decider_(nonces_, config.broker_access.mode != "none"),
      readiness_(log, config.database.workers),
      connection_history_(LATCHKEY_VERSION),
      echo_(config.mqtt.devices_root + "/@/config"),
      intake_(topics_, inboxes_, metrics_, log, echo_),
      access_({config_, secrets_, topics_, intake_, metrics_, log}, [this] { return database(); }) {
  metrics_.set_version(LATCHKEY_VERSION);
  record_certificate_ends();
}

std::string Service::shared(const std::string& filter) const {
  const std::string group = config_.mqtt.share_group.value_or(secrets_.master.share_group());
  return group.empty() ? filter : "$share/" + group + "/" + filter;
}

mqtt::Options Service::link_options() const {
  mqtt::Options options = broker_login(config_, secrets_.broker_password);
  options.client_id = client_id_;
  options.outbox_limit = most_answers_waiting;
  options.subscriptions = {shared(topics_.filter(protocol::Channel::request)),
                           shared(topics_.filter(protocol::Channel::status))};
  return options;
}

mqtt::Handlers Service::link_handlers() {
  return {.message = [this](const mqtt::Delivery& delivery) { intake_.accept(delivery); },
          .ready =
              [this] {
                log_.info("subscribed at the broker");
                metrics_.broker_ready();
                readiness_.broker_ready();
                connection_history_.began(Steady::now());
                echo_.began();
              },
          .lost =
              [this](std::string_view reason) {
                metrics_.broker_failed();
                connection_history_.ended();
                log_.warning("no connection to the broker", {{"reason", reason}});
              },
          .delivered =
              [this](std::uint64_t tag) {
                if (!echo_.delivered(tag)) sent_.delivered(tag);
              },
          .given_up = [this](const mqtt::GivenUp& message) { log_given_up(message); },
          .limited = [this](std::size_t bytes) { warn_of_limit(bytes); },
          .not_subscribed = {}};
}

/// Called by the link's callback, so it returns quickly.
void Service::log_given_up(const mqtt::GivenUp& message) {
  metrics_.dropped(Dropped::refused_by_broker);
  const auto bytes = static_cast<std::int64_t>(message.bytes);
  const auto address = topics_.parse(message.topic);
  log_.error("a message was dropped because the broker does not accept it",
             {{"device_id", address ? std::string_view(address->device_id.text()) : std::string_view()},
              {"topic", message.topic},
              {"bytes", bytes},
              {"reason", message.why}});
  if (!address) return;
  std::string what = std::to_string(bytes) + " bytes to " + std::string(message.topic) + ": ";
  sent_.given_up(message.tag, {address->device_id.text(), what.append(message.why)});
}

void Service::warn_of_limit(std::size_t bytes) {
  if (bytes >= packet_needed) return;
  log_.warning("the broker's packet limit is below that of the protocol: larger messages do not arrive",
               {{"limit", static_cast<std::int64_t>(bytes)},
                {"needed", static_cast<std::int64_t>(packet_needed)},
                {"todo", "raise max_packet_size (Mosquitto) or the Maximum Packet Size of the broker"}});
}

registry::ConnectOptions Service::workers_database() const {
  auto options = database();
  options.first = true;
  return options;
}

std::expected<void, std::string> Service::start() {
  // First of all: if the address is in use, another process would answer our health checks.
  std::optional<Descriptor> http;
  const auto address = ListenAddress::parse(config_.http.listen).value_or(ListenAddress());
  if (config_.http.listen != "off") http.emplace(listen_on(address));
  access_.listen();
  const auto count = static_cast<std::size_t>(config_.database.workers);
  for (std::size_t i = 0; i < count; ++i)
    inboxes_.push_back(std::make_unique<Inbox>(static_cast<std::size_t>(config_.limits.inbox_bytes) / count));
  auto link = mqtt::Link::open(link_options(), link_handlers());
  if (!link) return std::unexpected(std::move(link.error()));
  link_ = std::move(*link);
  echo_.start(*link_);
  publisher_ = std::make_unique<Publisher>(*link_, topics_, sent_, access_.after_opening(), metrics_, log_);
  configurer_ = std::make_unique<Configurer>(authenticator_, destination_, topics_, *publisher_, log_);
  if (auto access = access_.start(*publisher_); !access) return access;
  const AnsweringTools answering{decider_,     pki_.issuer, secrets_.master, pki_.chain_below_root,
                                 destination_, topics_};
  const RequestTools requests{authenticator_, answering, *publisher_, limits_, metrics_, log_};
  const StatusTools statuses{*configurer_, confirmation_, metrics_, log_};
  for (const auto& inbox : inboxes_)
    workers_.push_back(std::make_unique<Worker>(*inbox, static_cast<std::size_t>(config_.limits.batch_max),
                                                requests, statuses, workers_database(),
                                                [this] { readiness_.worker_ready(); }));
  housekeeper_ = std::make_unique<Housekeeper>(sent_, topics_, database(), log_);
  notification_listener_ =
      std::make_unique<NotificationListener>(change_handlers(), database(), metrics_, log_);
  summarizer_ = std::make_unique<Summarizer>(database(), log_);
  if (http) serve_http(address, *std::move(http));
  return {};
}

std::vector<ChangeHandler> Service::change_handlers() {
  const ConfigChanges changes(*configurer_, log_);
  const ApprovalNotices notices(authenticator_, *publisher_, log_);
  std::vector<ChangeHandler> handlers{
      // A fifth of the time: what it sends is answered, so it makes the workers and the database work too.
      {"config", [changes](registry::Registry& registry) { return changes.step(registry); }, 4},
      {"approval", [notices](registry::Registry& registry) { return notices.step(registry); }},
      // Never announced: it runs with every poll.
      {"presence",
       [this](registry::Registry& registry) { return connection_history_.record(registry, Steady::now()); }},
  };
  access_.add_handlers(handlers);
  return handlers;
}

void Service::serve_http(const ListenAddress& address, Descriptor socket) {
  observer_ = std::make_unique<Observer>(database(), metrics_);
  const RouteSources sources{.alive = [this] { return alive(); },
                             .checks = [this] { return checks(); },
                             .metrics = [this] { return metrics_now(); },
                             .page = [this](const HttpRequest& request) { return page(request); }};
  const bool has_token = !secrets_.page_token.empty();
  // Otherwise nobody may see it.
  if (has_token || address.is_loopback())
    log_.info("the fleet page is served", {{"url", "http://" + config_.http.listen + "/"}});
  std::optional<crypto::Secret> token;
  if (has_token) token = std::move(secrets_.page_token);
  page_access_.emplace(address, std::move(token));
  http_ = HttpServer::start(std::move(socket),
                            [sources](const HttpRequest& request) { return route(sources, request); }, {});
}

HttpResponse Service::page(const HttpRequest& request) {
  if (auto refusal = page_access_->refusal(request)) return *std::move(refusal);
  if (const auto filter = device_filter(request))
    return devices_page(*filter, observer_->devices(*filter), current_time());
  const auto asked = request.query.find("device");
  if (asked == request.query.end() || asked->second.empty()) return fleet_page(observer_->fleet());
  const auto id = protocol::DeviceId::parse(asked->second);
  if (!id) return device_page(asked->second, std::nullopt, {});
  return device_page(asked->second, observer_->history(*id), current_time());
}

bool Service::alive() const {
  const auto now = Activity::Clock::now();
  return std::ranges::none_of(
      workers_, [&](const auto& worker) { return worker->activity().stuck(longest_batch, now); });
}

std::vector<Check> Service::checks() {
  const auto now = Steady::now();
  const auto broker = link_->ready() ? std::nullopt : std::optional<std::string>("not subscribed");
  std::optional<std::string> database;
  for (const auto& worker : workers_)
    if (auto complaint = worker->complaint(now)) database = std::move(complaint);
  const auto access = access_.complaint();
  metrics_.set_broker_up(!broker);
  metrics_.set_database_up(!database);
  metrics_.set_broker_access_up(!access);
  std::vector<Check> checks{{"broker", broker},
                            {"database", std::move(database)},
                            {"operators", notification_listener_->complaint(now)}};
  if (access_.has_check()) checks.push_back({"broker_access", access});
  return checks;
}

void Service::log_readiness() {
  for (const Check& check : checks()) {
    bool& passed = passed_.try_emplace(check.name, true).first->second;
    if (check.complaint && passed)
      log_.error("not ready", {{"check", check.name}, {"reason", *check.complaint}});
    if (!check.complaint && !passed) log_.info("ready again", {{"check", check.name}});
    passed = !check.complaint;
  }
}

std::string Service::metrics_now() {
  Metrics::Queues queues;
  for (const auto& inbox : inboxes_) {
    const auto level = inbox->level();
    queues.inbox_messages += level.messages;
    queues.inbox_bytes += level.bytes;
  }
  queues.outbox_messages = link_->outstanding();
  metrics_.set(queues);
  static_cast<void>(checks());  // updates the up/down gauges
  return metrics_.text();
}

void Service::record_certificate_ends() {
  std::map<std::string_view, crypto::Time> first;  // the earliest end, by role
  for (const CertificateEnd& end : certificate_ends(config_)) {
    const auto known = first.emplace(end.role, end.certificate.not_after()).first;
    known->second = std::min(known->second, end.certificate.not_after());
  }
  for (const auto& [role, not_after] : first)
    metrics_.set_certificate_end(std::string(role), not_after);
}

void Service::remind() {
  if (Steady::now() < next_reminder_) return;
  next_reminder_ = Steady::now() + std::chrono::days(1);
  const auto now = current_time();
  for (const CertificateEnd& end : certificate_ends(config_)) {
    if (now < end.due) continue;
    const std::string name = end.certificate.common_name();
    const std::string ends = format_rfc3339(end.certificate.not_after());
    log_.warning("a certificate has to be replaced", {{"certificate", end.role},
                                                      {"common_name", name},
                                                      {"ends", ends},
                                                      {"then", end.then},
                                                      {"todo", end.todo}});
  }
}

/// Unsubscribes, so that other replicas get new requests, and answers those received.
void Service::stop_receiving() {
  if (link_ == nullptr || !link_->unsubscribe(unsubscribe_limit)) return;
  const auto deadline = Steady::now() + drain_limit;
  const bool answered =
      std::ranges::all_of(inboxes_, [&](const auto& inbox) { return inbox->drain(deadline); });
  if (!answered) log_.warning("stopped before all messages were answered: the devices repeat them");
}

/// Asks all background threads to end, before waiting for any of them: so they end in parallel.
void Service::begin_stop() noexcept {
  if (observer_ != nullptr) observer_->end();
  if (notification_listener_ != nullptr) notification_listener_->end();
  if (summarizer_ != nullptr) summarizer_->end();
}

void Service::stop() {
  begin_stop();
  stop_receiving();
  http_.reset();  // first, since its handlers use everything below
  observer_.reset();
  notification_listener_.reset();
  summarizer_.reset();
  for (const auto& inbox : inboxes_)
    inbox->close();
  for (const auto& worker : workers_)
    worker->end(last_batch_limit);
  workers_.clear();  // each finishes its batch
  access_.stop();
  echo_.stop();
  if (link_ != nullptr && !link_->flush(flush_limit))
    log_.warning("stopped before the broker acknowledged all answers");
  sent_.close();
  if (housekeeper_ != nullptr) housekeeper_->end(last_marks_limit);
  housekeeper_.reset();
  link_.reset();
}

}  // namespace latchkey::service
