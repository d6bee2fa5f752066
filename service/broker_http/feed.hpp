#pragma once

#include "registry/registry.hpp"
#include "service/access/openings.hpp"
#include "service/broker_http/facts.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace latchkey::service::broker_http {

/// Keeps the facts equal to the registry. A thread with a connection of its own looks for what changed four
/// times a second, and at once after `poll` and `open`. So the facts of each replica are at most that old,
/// whichever replica made the change.
class Feed {
 public:
  using Publish = std::function<void(mqtt::Message)>;
  /// Called when the facts are those of the registry at this time.
  using Followed = std::function<void(Facts::Clock::time_point as_of)>;

  /// `facts` and `topics` must outlive this. `followed` may be empty.
  Feed(registry::ConnectOptions database, Facts& facts, const protocol::Topics& topics, Publish publish,
       Followed followed, Metrics& metrics, Log& log);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Publishes the messages when the facts have the opening, unless an operator ended it meanwhile. False if
  /// too many wait: the messages are dropped, and the device repeats its request or status. Thread-safe.
  [[nodiscard]] bool open(registry::BrokerOpening opening, std::vector<mqtt::Message> messages);
  /// Call when the registry may have changed. Thread-safe.
  void poll();
  /// Why the facts may differ from the registry; nothing if they do not. Thread-safe.
  [[nodiscard]] std::optional<std::string> complaint();

 private:
  using Waiting = std::vector<access::Openings::Waiting>;
  void run();
  [[nodiscard]] registry::Result<void> step(Waiting& waiting);
  [[nodiscard]] registry::Result<void> follow();
  void seen(Facts::Clock::time_point at);
  /// Takes over what the snapshot `since` does not have, page by page. Returns the snapshot of the facts
  /// then; nothing if the registry is another one or was restored: all must be read again.
  [[nodiscard]] registry::Result<std::optional<std::string>> walk(const std::optional<std::string>& since,
                                                                  Facts& into);
  void take(const registry::GateAccess& access, Facts& into);
  void answer(access::Openings::Waiting& one);
  [[nodiscard]] bool is_ending();

  registry::Registry registry_;
  Facts& facts_;
  const protocol::Topics& topics_;
  const Publish publish_;
  const Followed followed_;
  Metrics& metrics_;
  Log& log_;
  std::optional<std::string> since_;  ///< the snapshot of the facts; nothing: there are none yet
  std::int64_t epoch_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  access::Openings openings_;
  std::optional<std::string> complaint_ = "the registry was not read yet";
  bool poll_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service::broker_http
