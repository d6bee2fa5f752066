#pragma once

#include "registry/registry.hpp"
#include "service/access/conversation.hpp"
#include "service/access/openings.hpp"
#include "service/access/plan.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace latchkey::service::access {

/// Has Mosquitto's dynamic-security plugin know what the registry says: which passwords are good, and which
/// devices are to be kept out. It remembers nothing: each look lists what the broker has and says the
/// differences, so a broker that lost its file, a second replica and a service that was killed in between
/// need no case of their own.
///
/// One thread waits for the broker, nobody else does.
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

  /// Publishes the answer once the broker did what it tells of, unless an operator ended that meanwhile. When
  /// the broker is away, or too many wait, the answer is dropped (false): the device asks again. From any
  /// thread; never waits. What is opened is committed before.
  [[nodiscard]] bool open(registry::BrokerOpening opening, mqtt::Message answer);
  /// The registry may have changed. From any thread.
  void look();
  /// Why the broker does not follow the registry; nothing while it does. From any thread.
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
  void caught_up();
  /// Says and wipes them; an error only if there was no reply. What was not fulfilled is logged.
  [[nodiscard]] std::expected<std::vector<bool>, std::string> say(Commands commands);
  void plan_is(std::deque<Step> steps);
  void note(const Plan& plan);
  void write_down(std::span<const registry::AppliedAccess> applied);

  const Logins logins_;
  registry::Registry registry_;
  const Publish publish_;
  Metrics& metrics_;
  Log& log_;

  std::mutex mutex_;
  std::condition_variable wake_;
  Openings openings_;
  std::optional<std::string> complaint_ = "there was no look at the list yet";
  std::chrono::steady_clock::time_point polled_at_;  ///< by the last look that succeeded
  bool up_ = false;
  bool fresh_ = false;  ///< the connection is new
  bool look_ = false;
  bool ending_ = false;

  std::deque<Step> steps_;   ///< of the last look, not said yet
  bool catches_up_ = false;  ///< what the last look found left over is not all said
  std::unique_ptr<Conversation> conversation_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service::access
