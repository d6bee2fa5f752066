#pragma once

#include "registry/registry.hpp"
#include "service/access/control_connection.hpp"
#include "service/access/openings.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace latchkey::service::access {

using Done = std::expected<void, std::string>;

/// How a mode of broker_access has the broker follow the registry. `AccessList`'s thread alone calls it. An
/// error means that it is unknown what the broker did.
class AccessMode {
 public:
  AccessMode() = default;
  AccessMode(const AccessMode&) = delete;
  AccessMode& operator=(const AccessMode&) = delete;
  virtual ~AccessMode() = default;
  /// Comes first on each new connection, and `compare` next.
  [[nodiscard]] virtual Done connected() = 0;
  /// Finds out what the broker lacks: the registry may have changed.
  [[nodiscard]] virtual Done compare() = 0;
  /// Does a small part of what is left to do, and serves openings.
  [[nodiscard]] virtual Done advance() = 0;
  [[nodiscard]] virtual bool has_more() const = 0;
  /// Whether the broker must learn each device's rights before the device does.
  [[nodiscard]] virtual bool tells_rights() const { return false; }
  /// Forgets what was left to do.
  virtual void start_over() = 0;
};

/// Keeps the broker's access list equal to the registry: which passwords are valid and which devices are
/// denied. Only its own thread waits for the broker.
class AccessList {
 public:
  using Publish = std::function<void(mqtt::Message)>;
  using MakeMode = std::function<std::unique_ptr<AccessMode>(AccessList&)>;

  /// The error is a sentence about the options.
  [[nodiscard]] static std::expected<std::unique_ptr<AccessList>, std::string> start(
      mqtt::Options options, const ControlPlugin& plugin, const MakeMode& make_mode,
      registry::ConnectOptions database, Publish publish, Metrics& metrics, Log& log);
  ~AccessList();
  AccessList(const AccessList&) = delete;
  AccessList& operator=(const AccessList&) = delete;

  /// Publishes the messages after the broker has done the opening, unless an operator ended the login
  /// meanwhile. False if the broker is unreachable or too many openings wait: the messages are dropped, and
  /// the device repeats its request or status. Commit the login to the registry before. Thread-safe; does not
  /// block.
  [[nodiscard]] bool open(registry::BrokerOpening opening, std::vector<mqtt::Message> messages);
  /// Call when the registry may have changed. Thread-safe.
  void poll();
  /// Why the broker's list may differ from the registry; nothing if it does not. Thread-safe.
  [[nodiscard]] std::optional<std::string> complaint();

  // For the mode:

  [[nodiscard]] ControlConnection& connection() { return *connection_; }
  [[nodiscard]] registry::Registry& registry() { return registry_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] Log& log() { return log_; }
  /// The next opening to serve. An operator may have ended it meanwhile, which `compare` finds, so that comes
  /// first if it is due; but the first opening after it is always served, so that many polls do not starve
  /// openings.
  [[nodiscard]] std::optional<Openings::Waiting> next_opening(bool is_first);
  [[nodiscard]] std::optional<std::uint64_t> last_opening();
  /// Drops those up to number `until` that are not wanted: an operator has ended them.
  void drop_ended(std::uint64_t until, const std::function<bool(const registry::BrokerOpening&)>& wanted);
  void log_dropped(const protocol::DeviceId& id);
  /// Devices that asked again and again may be served again.
  void serve_anew();
  void publish(std::vector<mqtt::Message> messages);
  /// The broker's list was found to be that of the registry, or to become so by what is said next.
  void is_up_to_date();
  /// Until then, this is why not.
  void is_not_up_to_date(std::string why);
  /// A failure here is repaired by the next poll.
  void record(std::span<const registry::AppliedAccess> applied);
  void record(std::span<const registry::ToldRights> told);

 private:
  AccessList(registry::ConnectOptions database, Publish publish, Metrics& metrics, Log& log);
  void run();
  void up();
  void down(std::string_view reason);
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] Done work();
  void failed(const std::string& reason);

  registry::Registry registry_;
  const Publish publish_;
  Metrics& metrics_;
  Log& log_;

  std::mutex mutex_;
  std::condition_variable wake_;
  Openings openings_;
  std::optional<std::string> complaint_ = "there was no look at the list yet";
  std::chrono::steady_clock::time_point compared_at_;  ///< when the list was last seen to be right
  bool up_ = false;
  bool fresh_ = false;  ///< connected, and the mode does not know yet
  bool poll_ = false;
  bool ending_ = false;

  std::unique_ptr<ControlConnection> connection_;
  std::unique_ptr<AccessMode> mode_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service::access
