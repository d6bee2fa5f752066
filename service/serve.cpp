#include "service/serve.hpp"

#include "service/exit_code.hpp"
#include "service/housekeeper.hpp"
#include "service/intake.hpp"
#include "service/pki.hpp"
#include "service/readiness.hpp"
#include "service/worker.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <memory>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds flush_limit{5};
// At most 8 KiB each: what waits for a broker that is away must not cost more than the inbox.
constexpr std::size_t most_answers_waiting = 8192;

/// What is read from files before anything starts.
struct Secrets {
  MasterKey master;
  crypto::Secret broker_password;
  crypto::Secret database_password;
};

/// Everything the process holds while it serves, in the order in which it is made; it ends in the opposite
/// one.
class Service {
 public:
  Service(const Config& config, Secrets secrets, Pki pki, Log& log);
  [[nodiscard]] std::expected<void, std::string> start();
  void stop();

 private:
  [[nodiscard]] registry::ConnectOptions database() const {
    return {config_.database.url, secrets_.database_password.clone()};
  }
  [[nodiscard]] mqtt::Options link_options() const;
  [[nodiscard]] mqtt::Handlers link_handlers();
  [[nodiscard]] std::string shared(const std::string& filter) const;

  const Config& config_;
  Log& log_;
  Secrets secrets_;
  Pki pki_;
  protocol::Topics topics_;
  Nonces nonces_;
  Authenticator authenticator_;
  Decider decider_;
  SentLog sent_;
  Readiness readiness_;
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  Intake intake_;
  std::unique_ptr<mqtt::Link> link_;
  std::unique_ptr<Speaker> speaker_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Housekeeper> housekeeper_;
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

void wait_for_signal(const sigset_t& set) {
  int signal = 0;
  sigwait(&set, &signal);
}

std::string random_client_id() {
  return "@latchkey-" + crypto::to_hex(crypto::random_bytes(8));
}

Service::Service(const Config& config, Secrets secrets, Pki pki, Log& log)
    : config_(config),
      log_(log),
      secrets_(std::move(secrets)),
      pki_(std::move(pki)),
      topics_(config.mqtt.provisioning_root, config.mqtt.devices_root),
      nonces_(secrets_.master.derive("nonce v1")),
      authenticator_(secrets_.master, *pki_.signing),
      decider_(nonces_),
      readiness_(log),
      intake_(topics_, inboxes_, log) {}

std::string Service::shared(const std::string& filter) const {
  const std::string group = config_.mqtt.share_group.value_or(secrets_.master.share_group());
  return group.empty() ? filter : "$share/" + group + "/" + filter;
}

mqtt::Options Service::link_options() const {
  mqtt::Options options;
  options.url = config_.mqtt.url;
  options.client_id = config_.mqtt.client_id.empty() ? random_client_id() : config_.mqtt.client_id;
  options.username = config_.mqtt.username;
  options.password = secrets_.broker_password.clone();
  options.ca_file = config_.mqtt.ca_file;
  options.certificate_file = config_.mqtt.certificate_file;
  options.key_file = config_.mqtt.key_file;
  options.version = config_.mqtt.version == "5" ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
  options.outbox_limit = most_answers_waiting;
  options.subscriptions = {shared(topics_.filter(protocol::Channel::request)),
                           shared(topics_.filter(protocol::Channel::status))};
  return options;
}

mqtt::Handlers Service::link_handlers() {
  return {
      .message = [this](const mqtt::Delivery& delivery) { intake_.accept(delivery); },
      .ready =
          [this] {
            log_.info("subscribed at the broker");
            readiness_.broker_ready();
          },
      .lost = [this](std::string_view reason) { log_.warning("the broker is away", {{"reason", reason}}); },
      .delivered = [this](std::uint64_t tag) { sent_.delivered(tag); }};
}

std::expected<void, std::string> Service::start() {
  const auto count = static_cast<std::size_t>(config_.database.workers);
  for (std::size_t i = 0; i < count; ++i)
    inboxes_.push_back(std::make_unique<Inbox>(static_cast<std::size_t>(config_.limits.inbox_bytes) / count));
  auto link = mqtt::Link::open(link_options(), link_handlers());
  if (!link) return std::unexpected(std::move(link.error()));
  link_ = std::move(*link);
  const auto& connection = config_.connection;
  speaker_ =
      std::make_unique<Speaker>(*link_, topics_, sent_,
                                Destination{connection.host, static_cast<std::uint16_t>(connection.port),
                                            connection.tls, pki_.connection_anchors},
                                log_);
  const RequestTools requests{authenticator_, decider_, pki_.issuer, pki_.chain_below_root, *speaker_, log_};
  const StatusTools statuses{authenticator_, *speaker_, log_};
  for (const auto& inbox : inboxes_)
    workers_.push_back(std::make_unique<Worker>(*inbox, static_cast<std::size_t>(config_.limits.batch_max),
                                                requests, statuses, database()));
  housekeeper_ =
      std::make_unique<Housekeeper>(sent_, database(), [this] { readiness_.database_ready(); }, log_);
  return {};
}

void Service::stop() {
  for (const auto& inbox : inboxes_)
    inbox->close();
  workers_.clear();  // each finishes the batch it has
  if (link_ != nullptr && !link_->flush(flush_limit))
    log_.warning("stopped with answers that the broker did not take");
  sent_.close();
  housekeeper_.reset();
  link_.reset();
}

std::expected<Secrets, std::string> load_secrets(const Config& config) {
  auto master = load_master_key(config.secrets.master_key_file);
  if (!master) return std::unexpected(master.error().what);
  Secrets secrets{std::move(*master), {}, {}};
  const auto read = [](const std::string& file, crypto::Secret& into) -> std::expected<void, std::string> {
    if (file.empty()) return {};
    auto line = crypto::read_line_file(file);
    if (!line) return std::unexpected(line.error().what);
    into = std::move(*line);
    return {};
  };
  if (auto broker = read(config.mqtt.password_file, secrets.broker_password); !broker)
    return std::unexpected(broker.error());
  if (auto database = read(config.database.password_file, secrets.database_password); !database)
    return std::unexpected(database.error());
  return secrets;
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
  auto pki = load_pki(config, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (!pki) return refuse(log, pki.error());

  const auto schema = registry::Registry({config.database.url, secrets->database_password.clone()}).check();
  if (!schema && schema.error().failure == registry::Failure::old_schema) {
    log.error(schema.error().what);
    return exit_code::unavailable;
  }
  Service service(config, std::move(*secrets), std::move(*pki), log);
  if (const auto started = service.start(); !started) return refuse(log, {started.error()});
  wait_for_signal(signals);
  log.info("stopping");
  notify_service_manager("STOPPING=1");
  service.stop();
  return exit_code::ok;
}

}  // namespace latchkey::service
