#include "service/serve.hpp"

#include "base/exit_code.hpp"
#include "registry/condition.hpp"
#include "service/access/dynamic_security.hpp"
#include "service/broker_login.hpp"
#include "service/certificate_ends.hpp"
#include "service/housekeeper.hpp"
#include "service/http/routes.hpp"
#include "service/http/server.hpp"
#include "service/intake.hpp"
#include "service/issuing/crl_file.hpp"
#include "service/listening.hpp"
#include "service/metrics.hpp"
#include "service/observer.hpp"
#include "service/page/access.hpp"
#include "service/pipeline/config_changes.hpp"
#include "service/pipeline/nudges.hpp"
#include "service/pki.hpp"
#include "service/readiness.hpp"
#include "service/secrets.hpp"
#include "service/steering.hpp"
#include "service/summarizer.hpp"
#include "service/timestamp.hpp"
#include "service/worker.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <system_error>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds flush_limit{5};
// At most 8 KiB each, and 1 KiB of correlation data: what waits for a broker that is away must not cost more
// than the inbox.
constexpr std::size_t most_answers_waiting = 8192;
// Each call to the database ends within seconds; a batch takes a few.
constexpr std::chrono::seconds longest_batch{60};

/// Everything the process holds while it serves, in the order in which it is made; it ends in the opposite
/// one.
class Service {
 public:
  Service(const Config& config, Secrets secrets, Pki pki, Log& log);
  ~Service() { stop(); }  // also when a start failed halfway: the threads that it made wait for this
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  /// Throws std::system_error where the system refuses a thread or a file.
  [[nodiscard]] std::expected<void, std::string> start();
  /// Once more does nothing.
  void stop();
  /// False when only a new process would help.
  [[nodiscard]] bool alive() const;
  /// Once a day: says which certificates it is time to replace.
  void remind();

 private:
  [[nodiscard]] registry::ConnectOptions database() const {
    return {config_.database.url, secrets_.database_password.clone(), session_};
  }
  [[nodiscard]] mqtt::Options link_options() const;
  [[nodiscard]] mqtt::Options access_options() const;
  [[nodiscard]] std::expected<void, std::string> start_access();
  [[nodiscard]] std::expected<void, std::string> start_crl();
  [[nodiscard]] mqtt::Handlers link_handlers();
  [[nodiscard]] Destination destination() const;
  [[nodiscard]] std::vector<Act> acts();
  void serve_http();
  [[nodiscard]] std::vector<Check> checks();
  [[nodiscard]] std::string metrics_now();
  [[nodiscard]] HttpResponse page(const HttpRequest& request);
  void note_certificates();
  [[nodiscard]] std::string shared(const std::string& filter) const;

  const Config& config_;
  Log& log_;
  Steady::time_point next_reminder_;  ///< the first one is due at once
  const std::string client_id_;
  const std::string session_;  ///< what the database calls this process
  Metrics metrics_;
  Secrets secrets_;
  Pki pki_;
  protocol::Topics topics_;
  Nonces nonces_;
  Authenticator authenticator_;
  Decider decider_;
  ProofLimits limits_;
  SentLog sent_;
  Readiness readiness_;
  Listening listening_;
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  Intake intake_;
  std::unique_ptr<mqtt::Link> link_;
  std::unique_ptr<Speaker> speaker_;
  std::unique_ptr<access::DynamicSecurity> access_;  ///< with broker_access.mode = dynamic-security
  std::unique_ptr<Configurer> configurer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Housekeeper> housekeeper_;
  std::unique_ptr<CrlFile> crl_;  ///< with crl.file; the steering thread's
  std::unique_ptr<Steering> steering_;
  std::unique_ptr<Summarizer> summarizer_;
  std::unique_ptr<Observer> observer_;
  std::optional<PageAccess> page_access_;
  std::unique_ptr<HttpServer> http_;
};

/// Nothing of this process is written to disk when it crashes, and no other may read its memory.
void forbid_core_files() {
  constexpr rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

/// In every thread that is started from here on, these signals wait for `wait_for_signal`.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error return, not the end
  return set;
}

/// Meanwhile tells systemd, where it watches (WatchdogSec), that the service gets on with its work, and
/// reminds of certificates that end.
void wait_for_signal(const sigset_t& set, Service& service) {
  std::uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) <= 0) watchdog_us = 0;
  const std::uint64_t half_ms = watchdog_us == 0 ? 3600000 : watchdog_us / 2000;
  const timespec pause{static_cast<time_t>(half_ms / 1000), static_cast<long>(half_ms % 1000) * 1000000};
  while (sigtimedwait(&set, nullptr, &pause) < 0) {
    if (watchdog_us != 0 && service.alive()) notify_service_manager("WATCHDOG=1");
    service.remind();
  }
}

std::string random_client_id() {
  return "@latchkey-" + crypto::to_hex(crypto::random_bytes(8));
}

Service::Service(const Config& config, Secrets secrets, Pki pki, Log& log)
    : config_(config),
      log_(log),
      client_id_(config.mqtt.client_id.empty() ? random_client_id() : config.mqtt.client_id),
      session_(registry::session_name(client_id_, crypto::to_hex(crypto::random_bytes(4)))),
      secrets_(std::move(secrets)),
      pki_(std::move(pki)),
      topics_(config.mqtt.provisioning_root, config.mqtt.devices_root),
      nonces_(secrets_.master.derive("nonce v1")),
      authenticator_(secrets_.master, *pki_.signing, pki_.own),
      decider_(nonces_, config.broker_access.mode != "none"),
      readiness_(log),
      intake_(topics_, inboxes_, metrics_, log) {
  metrics_.set_version(LATCHKEY_VERSION);
  note_certificates();
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

mqtt::Options Service::access_options() const {
  mqtt::Options options = broker_login(config_, secrets_.access_password);
  options.client_id = random_client_id();
  options.username = config_.broker_access.username;
  options.outbox_limit = 100;
  return options;
}

std::expected<void, std::string> Service::start_access() {
  if (config_.broker_access.mode != "dynamic-security") return {};
  auto started = access::DynamicSecurity::start(
      access_options(), access::Logins(secrets_.master, topics_), database(),
      [this](mqtt::Message answer) { static_cast<void>(speaker_->publish(std::move(answer))); }, metrics_,
      log_);
  if (!started) return std::unexpected(std::move(started.error()));
  access_ = std::move(*started);
  return {};
}

std::expected<void, std::string> Service::start_crl() {
  if (config_.crl.file.empty()) return {};
  auto ca = crypto::load_identity(config_.pki.device_ca_file, config_.pki.device_ca_key_file);
  if (!ca) return std::unexpected(std::move(ca.error().what));
  crl_ =
      std::make_unique<CrlFile>(CrlFile::Options{config_.crl.file, std::chrono::hours(config_.crl.lifetime_h),
                                                 config_.crl.reload_command},
                                *std::move(ca), metrics_, log_);
  return {};
}

mqtt::Handlers Service::link_handlers() {
  return {.message = [this](const mqtt::Delivery& delivery) { intake_.accept(delivery); },
          .ready =
              [this] {
                log_.info("subscribed at the broker");
                metrics_.broker_ready();
                readiness_.broker_ready();
                listening_.began(Steady::now());
              },
          .lost =
              [this](std::string_view reason) {
                metrics_.broker_failed();
                listening_.ended();
                log_.warning("the broker is away", {{"reason", reason}});
              },
          .delivered = [this](std::uint64_t tag) { sent_.delivered(tag); }};
}

Destination Service::destination() const {
  const auto& connection = config_.connection;
  const std::int64_t password_port =
      connection.password_port == 0 ? connection.port : connection.password_port;
  return {connection.host, static_cast<std::uint16_t>(connection.port),
          static_cast<std::uint16_t>(password_port), connection.tls, pki_.connection_anchors};
}

std::expected<void, std::string> Service::start() {
  const auto count = static_cast<std::size_t>(config_.database.workers);
  for (std::size_t i = 0; i < count; ++i)
    inboxes_.push_back(std::make_unique<Inbox>(static_cast<std::size_t>(config_.limits.inbox_bytes) / count));
  auto link = mqtt::Link::open(link_options(), link_handlers());
  if (!link) return std::unexpected(std::move(link.error()));
  link_ = std::move(*link);
  Gate gate;
  if (config_.broker_access.mode == "dynamic-security")
    gate = [this](registry::BrokerOpening opening, mqtt::Message answer) {
      return access_->open(std::move(opening), std::move(answer));
    };
  speaker_ =
      std::make_unique<Speaker>(*link_, topics_, sent_, destination(), std::move(gate), metrics_, log_);
  configurer_ = std::make_unique<Configurer>(authenticator_, *speaker_, log_);
  if (auto access = start_access(); !access) return access;
  const RequestTools requests{
      authenticator_, decider_, pki_.issuer, secrets_.master, pki_.chain_below_root, *speaker_,
      limits_,        metrics_, log_};
  const StatusTools statuses{*configurer_, metrics_, log_};
  for (const auto& inbox : inboxes_)
    workers_.push_back(std::make_unique<Worker>(*inbox, static_cast<std::size_t>(config_.limits.batch_max),
                                                requests, statuses, database()));
  housekeeper_ =
      std::make_unique<Housekeeper>(sent_, database(), [this] { readiness_.database_ready(); }, log_);
  if (auto crl = start_crl(); !crl) return crl;
  steering_ = std::make_unique<Steering>(acts(), database(), log_);
  summarizer_ = std::make_unique<Summarizer>(database(), log_);
  serve_http();
  return {};
}

std::vector<Act> Service::acts() {
  const ConfigChanges changes(*configurer_, log_);
  const Nudges nudges(authenticator_, *speaker_, log_);
  std::vector<Act> acts{
      {"config", [changes](registry::Registry& registry) { return changes.step(registry); }},
      {"approval", [nudges](registry::Registry& registry) { return nudges.step(registry); }},
      // Nobody announces it: it is noted with every look.
      {"presence", [this](registry::Registry& registry) { return listening_.note(registry, Steady::now()); }},
  };
  if (access_ != nullptr)
    acts.push_back({"access", [this](registry::Registry&) -> registry::Result<bool> {
                      access_->look();
                      return false;
                    }});
  if (config_.broker_access.mode == "database")
    acts.push_back({"access", [](registry::Registry& registry) -> registry::Result<bool> {
                      if (auto done = registry.access_looked_up(); !done)
                        return std::unexpected(std::move(done.error()));
                      return false;
                    }});
  if (crl_ != nullptr)
    acts.push_back({"access", [this](registry::Registry& registry) { return crl_->step(registry); }});
  return acts;
}

/// Devices come first: what is only looked at must not keep them from being served.
void Service::serve_http() {
  if (config_.http.listen == "off") return;
  observer_ = std::make_unique<Observer>(database(), metrics_);
  const RouteSources sources{.alive = [this] { return alive(); },
                             .checks = [this] { return checks(); },
                             .metrics = [this] { return metrics_now(); },
                             .page = [this](const HttpRequest& request) { return page(request); }};
  const auto address = ListenAddress::parse(config_.http.listen);
  std::optional<crypto::Secret> token;
  if (!secrets_.page_token.empty()) token = std::move(secrets_.page_token);
  page_access_.emplace(*address, std::move(token));
  auto server = HttpServer::start(
      *address, [sources](const HttpRequest& request) { return route(sources, request); }, {});
  if (server)
    http_ = std::move(*server);
  else
    log_.error("no health checks and no metrics", {{"reason", server.error()}});
}

HttpResponse Service::page(const HttpRequest& request) {
  if (auto refusal = page_access_->refusal(request)) return *std::move(refusal);
  const auto asked = request.query.find("device");
  if (asked == request.query.end() || asked->second.empty()) return fleet_page(observer_->fleet());
  const auto id = protocol::DeviceId::parse(asked->second);
  if (!id) return device_page(asked->second, std::nullopt, {});
  return device_page(asked->second, observer_->history(*id), current_time());
}

bool Service::alive() const {
  const auto now = Pulse::Clock::now();
  return std::ranges::none_of(workers_,
                              [&](const auto& worker) { return worker->pulse().stuck(longest_batch, now); });
}

std::vector<Check> Service::checks() {
  const auto broker = link_->ready() ? std::nullopt : std::optional<std::string>("not subscribed");
  return {{"broker", broker}, {"database", observer_->complaint()}};
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
  metrics_.set_broker_up(link_->ready());
  return metrics_.text();
}

void Service::note_certificates() {
  std::map<std::string_view, crypto::Time> first;  // by role
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

void Service::stop() {
  http_.reset();  // it looks at all that ends below
  observer_.reset();
  steering_.reset();
  summarizer_.reset();
  for (const auto& inbox : inboxes_)
    inbox->close();
  workers_.clear();  // each finishes the batch it has
  access_.reset();
  if (link_ != nullptr && !link_->flush(flush_limit))
    log_.warning("stopped with answers that the broker did not take");
  sent_.close();
  housekeeper_.reset();
  link_.reset();
}

int refuse(Log& log, const Complaints& complaints) {
  for (const std::string& complaint : complaints)
    log.error(complaint);
  return exit_code::configuration;
}

}  // namespace

int serve(const Config& config, Log& log) {
  forbid_core_files();
  const sigset_t signals = block_signals();
  auto secrets = load_secrets(config);
  if (!secrets) return refuse(log, {secrets.error()});
  auto pki = load_pki(config, current_time());
  if (!pki) return refuse(log, pki.error());

  const auto schema = registry::Registry({config.database.url, secrets->database_password.clone()}).check();
  if (!schema && schema.error().failure == registry::Failure::old_schema) {
    log.error(schema.error().what);
    return exit_code::unavailable;
  }
  Service service(config, std::move(*secrets), std::move(*pki), log);
  try {
    if (const auto started = service.start(); !started) return refuse(log, {started.error()});
  } catch (const std::system_error& error) {
    log.error("the system refuses what the service needs to start",
              {{"reason", std::string_view(error.what())}});
    return exit_code::unavailable;
  }
  service.remind();
  wait_for_signal(signals, service);
  log.info("stopping");
  notify_service_manager("STOPPING=1");
  service.stop();
  return exit_code::ok;
}

}  // namespace latchkey::service
