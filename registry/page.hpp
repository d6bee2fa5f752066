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

/// A sign that two devices have one identity.
struct ShownClone {
  Clock at;
  std::string device_id;
  std::string state;
  std::string sign;
  std::string evidence;  ///< JSON
};

/// A problem of a device that makes no progress.
struct ShownStuck {
  Clock since;
  std::string device_id;
  std::string state;
  std::string problem;
  std::string advice;  ///< what an operator can do
};

/// How many replicas of one version listen at the broker.
struct ShownReplicas {
  std::string version;  ///< empty: one that does not say it yet
  std::int64_t count = 0;
};

/// Lists of at most 20 rows each.
struct Overview {
  std::vector<ShownRejection> rejections;
  std::vector<ShownPending> pending;
  std::int64_t pending_total = 0;  ///< 1000 means 1000 or more
  std::vector<ShownExpiring> expiring;
  std::vector<ShownClone> clones;
  std::vector<ShownStuck> stuck;
  std::vector<ShownReplicas> replicas;
};

/// Which devices to list. Empty: any.
struct DeviceFilter {
  std::string state;
  std::string group;
  std::string label;  ///< NAME=VALUE
  std::string id;     ///< how it begins
  std::optional<bool> online;
  std::string after;  ///< begin after this id
};

struct ListedDevice {
  std::string device_id;
  std::string state;
  std::optional<bool> online;  ///< nothing: unknown
  std::string group;
  std::optional<Clock> last_seen_at;
  std::string labels;  ///< JSON
};

/// A page of the list, in the order of the ids.
struct DeviceList {
  static constexpr std::size_t most = 100;
  std::vector<ListedDevice> devices;
  bool has_more = false;
};

struct ShownDevice {
  std::string state;
  bool online = false;
  std::int64_t generation = 0;
  std::string group;
  std::string enrolled_by;
  std::string attributes;     ///< JSON
  std::string reported;       ///< JSON
  std::string publish;        ///< topic filters of its rights, with spaces between them
  std::string subscribe;      ///< the same
  std::string rights_source;  ///< fleet or group; empty: it has no rights
  std::string labels;         ///< JSON
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

struct ShownCredential {
  std::int64_t generation = 0;
  std::string type;
  std::string status;
  std::optional<Clock> ends;
  std::string serial;  ///< hexadecimal; empty: a password
};

/// Something that an operator should look at. kind: `stuck` (what: the problem), `rejected` (what: the
/// reason; detail of both: the advice) or `clone` (what: the sign; detail: the evidence).
struct ShownTodo {
  Clock at;
  std::string kind, what, detail;
};

struct DeviceHistory {
  std::optional<ShownDevice> device;  ///< nothing: no device of this id was ever enrolled or registered
  std::vector<ShownEvent> events;     ///< the newest first, at most 60
  std::vector<ShownCredential> credentials;  ///< the last five, the newest first
  std::vector<ShownTodo> todo;
};

/// The number of devices in each state. Reads all devices, so call it in a background thread.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> count_devices(Registry& registry);

/// For each table with partitions, the number of its rows in the default one; 10000 means 10000 or more.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> count_default_rows(
    Registry& registry);

/// The number of devices that are online. Reads the presence of all devices.
[[nodiscard]] Result<std::int64_t> count_online(Registry& registry);

/// The last 30 days, oldest first. Reads all devices of these days.
[[nodiscard]] Result<std::vector<FunnelDay>> count_funnel(Registry& registry);

/// For the fleet page: read a few rows by indexes, in a few statements.
[[nodiscard]] Result<Overview> overview(Registry& registry);
[[nodiscard]] Result<DeviceHistory> history(Registry& registry, const protocol::DeviceId& id);
[[nodiscard]] Result<DeviceList> list_devices(Registry& registry, const DeviceFilter& filter);

}  // namespace latchkey::registry
