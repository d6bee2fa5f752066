#pragma once

#include "registry/registry.hpp"

#include <optional>
#include <string>
#include <vector>

/// Rows of the functions in registry/code/page, for the fleet page. Texts from devices are unchanged, not
/// escaped.
namespace latchkey::registry {

/// Counts of the devices whose first request came on one day (UTC).
struct FunnelDay {
  std::string day;  ///< "2026-01-31"
  std::int64_t requested = 0;
  std::int64_t registered = 0;
  std::int64_t connected = 0;
  std::int64_t ready = 0;
  Clock counted_at;  ///< when the fleet was counted; a large one is counted hourly
};

struct ShownRejection {
  Clock at;
  std::string device_id;
  std::string group;
  std::string code;
  std::string reason;
  std::string tracking_id;
};

struct ShownPending {
  Clock since;
  std::string device_id;
  std::string group;
  std::string attributes;  ///< JSON
};

struct ShownExpiring {
  Clock ends;
  std::string device_id;
  std::int64_t generation = 0;
  std::string type;
  std::string state;
  bool online = false;
};

/// Lists of at most 20 rows each.
struct Overview {
  std::vector<ShownRejection> rejections;
  std::vector<ShownPending> pending;
  std::int64_t pending_total = 0;  ///< 1000 means 1000 or more
  std::vector<ShownExpiring> expiring;
};

struct ShownDevice {
  std::string state;
  bool online = false;
  std::int64_t generation = 0;
  std::string group;
  std::string enrolled_by;
  std::string attributes;  ///< JSON
  std::string reported;    ///< JSON
  std::int64_t config_version = 0;
  std::int64_t applied_config_version = 0;
  std::optional<Clock> requested_at, registered_at, credentials_sent_at, connected_at, ready_at, last_seen_at;
  std::optional<Clock> failed_at;
  std::string failure;
  std::optional<Clock> acted_at;
  std::string actor;
  std::string reason;
};

/// kind: `request` (what: the decision; code; detail: the reason; actor: the tracking id), `state` (what: the
/// new one; code: the old one), `credential`, or `act` of an operator.
struct ShownEvent {
  Clock at;
  std::string kind, what, code, detail, actor;
};

struct DeviceHistory {
  std::optional<ShownDevice> device;  ///< nothing: no device of this id was ever enrolled or registered
  std::vector<ShownEvent> events;     ///< the newest first, at most 60
};

/// The number of devices in each state. Reads all devices, so call it in a background thread.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> count_devices(Registry& registry);

/// The last 30 days, oldest first. Reads all devices of these days.
[[nodiscard]] Result<std::vector<FunnelDay>> count_funnel(Registry& registry);

/// For the fleet page: read a few rows by indexes, in two or three statements.
[[nodiscard]] Result<Overview> overview(Registry& registry);
[[nodiscard]] Result<DeviceHistory> history(Registry& registry, const protocol::DeviceId& id);

}  // namespace latchkey::registry
