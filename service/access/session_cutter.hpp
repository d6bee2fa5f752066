#pragma once

#include "mqtt/link.hpp"
#include "registry/broker_access.hpp"
#include "registry/registry.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace latchkey::service::access {

/// Ends the open sessions of devices that may not connect, at brokers that cannot be told to: connects with
/// the device's client id, at which the broker must end the older session (MQTT 3.1.1, 3.1.4-2; MQTT 5,
/// 3.1.4-3). That does not keep the device out, so the broker must do so first.
class SessionCutter {
 public:
  using Clock = std::chrono::steady_clock;
  /// The service's own login; the client id is replaced.
  using Login = std::function<mqtt::Options()>;

  /// What keeps the devices out.
  enum class KeptOut {
    /// The broker refuses them. So the connection is held for a second: if the device takes the client id
    /// back, it was let in, and its session is not recorded as ended.
    by_refusal,
    /// The same, but only those whose certificates are revoked.
    by_crl,
    /// The broker may let them in again, and gives them no rights.
    by_rights,
  };

  SessionCutter(KeptOut kept_out, Login login, registry::ConnectOptions database, Metrics& metrics, Log& log);
  ~SessionCutter();
  SessionCutter(const SessionCutter&) = delete;
  SessionCutter& operator=(const SessionCutter&) = delete;

  /// Claims sessions to end, by the registry that is given. They are ended when the broker keeps their
  /// devices out. Call it when the registry may have changed, and every few seconds.
  [[nodiscard]] registry::Result<void> claim(registry::Registry& registry);
  /// The broker keeps out whom the registry denied at this time. Thread-safe.
  void keeps_out(Clock::time_point as_of);
  /// Why sessions go on; nothing if none was found to. Thread-safe.
  [[nodiscard]] std::optional<std::string> complaint();

 private:
  struct Claimed {
    registry::AppliedAccess session;
    Clock::time_point at;
  };
  /// What the link's handlers saw.
  struct Seen {
    std::mutex mutex;
    std::optional<Clock::time_point> connected_at;
    bool came_back = false;
    std::string reason;
  };
  struct Takeover {
    registry::AppliedAccess session;
    Clock::time_point since;
    std::shared_ptr<Seen> seen;
    std::unique_ptr<mqtt::Link> link;
  };

  void run();
  void step();
  [[nodiscard]] std::vector<Claimed> take_due();
  void begin(Claimed claimed);
  /// Ends the takeovers that are over. Returns those whose sessions ended.
  [[nodiscard]] std::vector<registry::AppliedAccess> collect();
  void record(std::span<const registry::AppliedAccess> ended);
  void failed(const registry::AppliedAccess& session, const std::string& reason);

  const KeptOut kept_out_;
  const Login login_;
  registry::Registry registry_;
  Metrics& metrics_;
  Log& log_;
  std::list<Takeover> open_;  ///< of the thread alone

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Claimed> waiting_;
  std::size_t in_hand_ = 0;  ///< claimed and not over
  Clock::time_point kept_out_as_of_;
  std::string complaint_;
  Clock::time_point complaint_at_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service::access
