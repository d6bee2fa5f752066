#pragma once

#include "registry/registry.hpp"
#include "service/access/control_connection.hpp"
#include "service/access/openings.hpp"
#include "service/access/plan.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace latchkey::service::access {

/// Keeps the access list of Mosquitto's dynamic-security plugin equal to the registry: which passwords are
/// valid and which devices are denied. It keeps no state: each poll reads the broker's list and sends the
/// differences, so a broker that lost its file, a second replica and a killed service need no special case.
///
/// Only its own thread waits for the broker.
class DynamicSecurity {
 public:
  using Publish = std::function<void(mqtt::Message)>;

  /// The error is a sentence about the options.
  [[nodiscard]] static std::expected<std::unique_ptr<DynamicSecurity>, std::string> start(
      mqtt::Options options, Logins logins, registry::ConnectOptions database, Publish publish,
      Metrics& metrics, Log& log);
  ~DynamicSecurity();
  DynamicSecurity(const DynamicSecurity&) = delete;
  DynamicSecurity& operator=(const DynamicSecurity&) = delete;

  /// Publishes `answer` after the broker has accepted the new login, unless an operator ended it meanwhile.
  /// False if the broker is unreachable or too many openings wait: the answer is dropped, and the device
  /// repeats its request. Commit the login to the registry before. Thread-safe; does not block.
  [[nodiscard]] bool open(registry::BrokerOpening opening, mqtt::Message answer);
  /// Call when the registry may have changed. Thread-safe.
  void poll();
  /// Why the broker's list may differ from the registry; nothing if it does not. Thread-safe.
  [[nodiscard]] std::optional<std::string> complaint();

 private:
  using Done = std::expected<void, std::string>;

  DynamicSecurity(Logins logins, registry::ConnectOptions database, Publish publish, Metrics& metrics,
                  Log& log);
  void run();
  void connected();
  void disconnected(std::string_view reason);
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] Done work();
  void failed(const std::string& reason);
  [[nodiscard]] std::optional<Openings::Waiting> next_opening(bool is_first);
  [[nodiscard]] Done open_waiting();
  [[nodiscard]] Done compare();
  [[nodiscard]] std::optional<std::uint64_t> last_opening();
  void drop_ended(std::uint64_t until, const registry::BrokerAccess& wanted);
  [[nodiscard]] std::expected<std::vector<BrokerClient>, std::string> list();
  [[nodiscard]] Done advance();
  void check_caught_up();
  /// Sends and wipes the commands; returns for each whether it is fulfilled, and logs the others. The error:
  /// there was no reply.
  [[nodiscard]] std::expected<std::vector<bool>, std::string> execute_and_log(Commands commands);
  void set_plan(std::deque<Step> steps);
  void report_plan(const Plan& plan);
  void record(std::span<const registry::AppliedAccess> applied);

  const Logins logins_;
  registry::Registry registry_;
  const Publish publish_;
  Metrics& metrics_;
  Log& log_;

  std::mutex mutex_;
  std::condition_variable wake_;
  Openings openings_;
  std::optional<std::string> complaint_ = "there was no look at the list yet";
  std::chrono::steady_clock::time_point polled_at_;  ///< when the last poll succeeded
  bool up_ = false;
  bool fresh_ = false;  ///< connected, and `foundations` not sent yet
  bool poll_ = false;
  bool ending_ = false;

  std::deque<Step> steps_;   ///< of the last poll, not sent yet
  bool catches_up_ = false;  ///< left-over entries of the last poll are not all removed yet
  std::unique_ptr<ControlConnection> connection_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service::access
