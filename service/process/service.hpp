#pragma once

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
#include "service/pipeline/confirmation.hpp"
#include "service/pipeline/intake.hpp"
#include "service/pipeline/worker.hpp"
#include "service/process/broker_access.hpp"

#include <map>
#include <memory>

namespace latchkey::service {

/// All objects of the running service, in the order of their construction; they end in the reverse order.
class Service {
 public:
  Service(const Config& config, Secrets secrets, Pki pki, Log& log);
  ~Service() { stop(); }  // also after a failed start: its threads must end
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  /// Throws std::system_error if the system refuses a thread or a socket.
  [[nodiscard]] std::expected<void, std::string> start();
  /// Stops the service; a second call does nothing.
  void stop();
  /// False if only a restart would help.
  [[nodiscard]] bool alive() const;
  /// Logs once a day which certificates to replace.
  void remind();
  /// Logs when a readiness check starts and stops failing. For one thread.
  void log_readiness();

 private:
  [[nodiscard]] registry::ConnectOptions database() const {
    return {config_.database.url,          secrets_.database_password.clone(), session_, precedence_, false,
            config_.database.password_file};
  }
  [[nodiscard]] registry::ConnectOptions workers_database() const;
  [[nodiscard]] mqtt::Options link_options() const;
  [[nodiscard]] mqtt::Handlers link_handlers();
  void log_given_up(const mqtt::GivenUp& message);
  void warn_of_limit(std::size_t bytes);
  [[nodiscard]] std::vector<ChangeHandler> change_handlers();
  void begin_stop() noexcept;
  void stop_receiving();
  void serve_http(const ListenAddress& address, Descriptor socket);
  [[nodiscard]] std::vector<Check> checks();
  [[nodiscard]] std::string metrics_now();
  [[nodiscard]] HttpResponse page(const HttpRequest& request);
  void record_certificate_ends();
  [[nodiscard]] std::string shared(const std::string& filter) const;

  const Config& config_;
  Log& log_;
  Steady::time_point next_reminder_;         ///< the first one is due at once
  std::map<std::string_view, bool> passed_;  ///< the readiness checks as last logged
  const std::string client_id_;
  const std::string session_;  ///< the database's application_name of this process
  const std::shared_ptr<registry::Precedence> precedence_ = std::make_shared<registry::Precedence>();
  Metrics metrics_;
  Secrets secrets_;
  Pki pki_;
  protocol::Topics topics_;
  const Destination destination_;
  Nonces nonces_;
  Authenticator authenticator_;
  ProofLimits limits_;
  Confirmation confirmation_;
  Decider decider_;
  SentLog sent_;
  Readiness readiness_;
  ConnectionHistory connection_history_;
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  BrokerEcho echo_;
  Intake intake_;
  std::unique_ptr<mqtt::Link> link_;
  std::unique_ptr<Publisher> publisher_;
  BrokerAccess access_;
  std::unique_ptr<Configurer> configurer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Housekeeper> housekeeper_;
  std::unique_ptr<NotificationListener> notification_listener_;
  std::unique_ptr<Summarizer> summarizer_;
  std::unique_ptr<Observer> observer_;
  std::optional<PageAccess> page_access_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace latchkey::service
