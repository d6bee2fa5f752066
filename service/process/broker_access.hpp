#pragma once

#include "service/access/access_list.hpp"
#include "service/access/crl_file.hpp"
#include "service/access/session_cutter.hpp"
#include "service/broker_http/broker_http.hpp"
#include "service/config/secrets.hpp"
#include "service/operations/notification_listener.hpp"
#include "service/pipeline/intake.hpp"
#include "service/pipeline/publisher.hpp"

#include <memory>

namespace latchkey::service {

/// How the broker learns which devices may connect (`broker_access.mode`, `crl.file`), and how the open
/// sessions of blocked devices end (`broker_access.cut`).
class BrokerAccess {
 public:
  /// All members must outlive it.
  struct Tools {
    const Config& config;
    const Secrets& secrets;
    const protocol::Topics& topics;
    Intake& intake;
    Metrics& metrics;
    Log& log;
  };
  using Database = std::function<registry::ConnectOptions()>;

  BrokerAccess(Tools tools, Database database) : tools_(tools), database_(std::move(database)) {}
  BrokerAccess(const BrokerAccess&) = delete;
  BrokerAccess& operator=(const BrokerAccess&) = delete;

  /// Takes the address at which the broker asks, if it does. Throws std::system_error if it is in use.
  void listen();
  /// What publishes answers once the broker knows the device. Called before start(); used after it.
  [[nodiscard]] PublishAfterOpening after_opening();
  /// Starts the parts that the configuration asks for. `publisher` must outlive them.
  [[nodiscard]] std::expected<void, std::string> start(Publisher& publisher);
  /// What to do when operators have changed who may connect.
  void add_handlers(std::vector<ChangeHandler>& handlers);
  /// True if there is something that complaint() is about.
  [[nodiscard]] bool has_check() const;
  /// Why the broker does not know who may connect, or why sessions go on.
  [[nodiscard]] std::optional<std::string> complaint();
  /// Ends the threads; the workers have ended before.
  void stop();

 private:
  [[nodiscard]] std::expected<void, std::string> start_list(Publisher& publisher);
  void start_cutter();
  void start_http(Publisher& publisher);
  [[nodiscard]] std::expected<void, std::string> start_crl();
  [[nodiscard]] registry::Result<bool> step_crl(registry::Registry& registry);

  const Tools tools_;
  const Database database_;
  std::optional<Descriptor> questions_;                   ///< until start() serves it
  std::unique_ptr<access::SessionCutter> cutter_;         ///< with broker_access.cut
  std::unique_ptr<access::AccessList> list_;              ///< if the service commands the broker
  std::unique_ptr<broker_http::BrokerHttp> broker_http_;  ///< if the broker asks the service
  std::unique_ptr<CrlFile> crl_;                          ///< with crl.file; used by the handlers' thread
};

}  // namespace latchkey::service
