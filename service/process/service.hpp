#pragma once

#include "service/access/crl_file.hpp"
#include "service/access/dynamic_security.hpp"
#include "service/config/pki_files.hpp"
#include "service/config/secrets.hpp"
#include "service/observability/http/routes.hpp"
#include "service/observability/http/server.hpp"
#include "service/observability/metrics.hpp"
#include "service/observability/readiness.hpp"
#include "service/operations/connection_history.hpp"
#include "service/operations/housekeeper.hpp"
#include "service/operations/notification_listener.hpp"
#include "service/operations/observer.hpp"
#include "service/operations/summarizer.hpp"
#include "service/page/access.hpp"
#include "service/pipeline/broker_echo.hpp"
#include "service/pipeline/intake.hpp"
#include "service/pipeline/worker.hpp"

#include <map>
#include <memory>

namespace latchkey::service {

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
  /// Logs what keeps requests from being served, when it begins and when it ends. For one thread.
  void log_readiness();

 private:
  [[nodiscard]] registry::ConnectOptions database() const {
    return {config_.database.url,          secrets_.database_password.clone(), session_, precedence_, false,
            config_.database.password_file};
  }
  [[nodiscard]] registry::ConnectOptions workers_database() const;
  [[nodiscard]] mqtt::Options link_options() const;
  [[nodiscard]] std::expected<void, std::string> start_access();
  [[nodiscard]] std::expected<void, std::string> start_crl();
  [[nodiscard]] mqtt::Handlers link_handlers();
  void note_given_up(const mqtt::GivenUp& message);
  void warn_of_limit(std::size_t bytes);
  [[nodiscard]] std::vector<Act> acts();
  void wind_up() noexcept;
  void hand_over();
  void serve_http(const ListenAddress& address, Descriptor socket);
  [[nodiscard]] std::vector<Check> checks();
  [[nodiscard]] std::string metrics_now();
  [[nodiscard]] HttpResponse page(const HttpRequest& request);
  void note_certificates();
  [[nodiscard]] std::string shared(const std::string& filter) const;

  const Config& config_;
  Log& log_;
  Steady::time_point next_reminder_;         ///< the first one is due at once
  std::map<std::string_view, bool> passed_;  ///< the checks of readiness, as they were told last
  const std::string client_id_;
  const std::string session_;  ///< what the database calls this process
  const std::shared_ptr<registry::Precedence> precedence_ = std::make_shared<registry::Precedence>();
  Metrics metrics_;
  Secrets secrets_;
  Pki pki_;
  protocol::Topics topics_;
  const Destination destination_;
  Nonces nonces_;
  Authenticator authenticator_;
  Decider decider_;
  ProofLimits limits_;
  SentLog sent_;
  Readiness readiness_;
  ConnectionHistory connection_history_;
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  BrokerEcho echo_;
  Intake intake_;
  std::unique_ptr<mqtt::Link> link_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<access::DynamicSecurity> access_;  ///< with broker_access.mode = dynamic-security
  std::unique_ptr<Configurer> configurer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Housekeeper> housekeeper_;
  std::unique_ptr<CrlFile> crl_;  ///< with crl.file; the steering thread's
  std::unique_ptr<NotificationListener> notification_listener_;
  std::unique_ptr<Summarizer> summarizer_;
  std::unique_ptr<Observer> observer_;
  std::optional<PageAccess> page_access_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace latchkey::service
