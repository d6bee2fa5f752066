#pragma once

#include "registry/model.hpp"
#include "registry/registry.hpp"

namespace latchkey::registry {

/// A currently valid password, given by the values that it is derived from, and what its device may do.
struct PasswordLogin {
  protocol::DeviceId device_id;
  std::int64_t generation = 0;
  crypto::Bytes salt;
  KeyId master_key{};
  std::string rights;  ///< JSON as Enrolment::rights; empty: none
};

/// Access to the broker as the registry wants it.
struct BrokerAccess {
  struct Login {
    PasswordLogin login;
    bool applied = false;  ///< the broker has accepted it before
  };
  std::vector<std::string> denied;  ///< denied devices with a certificate that is still valid
  std::vector<Login> logins;
  /// Devices whose access an operator changed, and when (microseconds), as long as the broker has not applied
  /// it.
  std::vector<std::pair<std::string, std::int64_t>> changed;
};

/// What the broker has applied: an operator's change (`changed_at`), a login (`generation`), or a version of
/// what its gate has to know.
struct AppliedAccess {
  std::string device_id;
  std::optional<std::int64_t> changed_at;
  std::optional<std::int64_t> generation;
  std::optional<std::int64_t> version;
  bool goes_on = false;  ///< the broker keeps the device out, but does not end its open session
};

/// What the gate was told: a version of a group's set of rights, or of a device's rights.
struct ToldRights {
  std::optional<std::string> device_id;
  std::optional<std::string> group;
  std::int64_t version = 0;
};

/// The access of one device that the broker's gate must know (docs/gate.md). Times are Unix seconds.
struct GateEntry {
  struct Login {
    std::int64_t generation = 0;
    std::int64_t until = 0;
    crypto::Bytes salt;
    crypto::Bytes hash;  ///< SHA-256 of the password followed by the salt in hexadecimal
  };
  struct DeniedSerial {
    crypto::Bytes serial;
    std::int64_t until = 0;
  };
  /// Which set of rights the device has.
  struct Rights {
    std::string group;  ///< the set's
    std::int64_t version = 0;
    bool untold = false;
  };
  std::string device_id;
  std::int64_t version = 0;       ///< grows with each change; 0: there is nothing to know but its rights
  std::int64_t denied_until = 0;  ///< 0: not denied
  std::vector<Login> logins;
  std::vector<DeniedSerial> denied_serials;
  std::optional<std::int64_t> changed_at;  ///< of an operator's change that the broker has not applied yet
  bool untold = false;                     ///< the gate has not been told this version yet
  std::optional<Rights> rights;            ///< nothing: it has not connected since rights were set
};
/// The rights of the devices of a group.
struct GateSet {
  std::string group;  ///< empty: the devices without a group
  std::int64_t version = 0;
  std::string rights;  ///< JSON for `protocol::parse_templates`
  bool untold = false;
};
struct GateAccess {
  std::int64_t epoch = 0;  ///< versions can be compared within an epoch only
  std::vector<GateSet> sets;
  std::vector<GateEntry> entries;
};
/// Which devices to load: all that one of these members selects. Of the sets that the gate has not been told,
/// those of these devices are loaded and `untold` more; with the first page all sets are.
struct GateQuery {
  std::vector<std::string> ids;
  std::size_t untold = 0;            ///< this many whose access the gate has not been told, the most urgent
                                     ///< first, and this many whose rights it has not been told
  std::optional<std::string> after;  ///< a page of all devices, ordered by id, that begins after this id;
                                     ///< the first one begins after ""
  std::size_t page = 0;              ///< the size of that page
};

/// What of the access of devices changed (docs/decisions/0029-what-changed-by-snapshots.md).
struct AccessChanges {
  GateAccess access;                ///< entries that are whole: each replaces what was known of its device
  std::string snapshot;             ///< what was committed at this time; see AccessQuery::since
  bool is_of_other_server = false;  ///< `since` cannot be compared: read all again
  struct Place {
    std::string change;
    std::string device_id;
  };
  std::optional<Place> more;  ///< where the next page begins
};
struct AccessQuery {
  std::optional<std::string> since;  ///< the snapshot of the first page of the last walk; nothing: all
  std::optional<AccessChanges::Place> after;
  std::size_t page = 0;  ///< how many devices
};

/// What the broker must do before the device gets a message: add a login, admit a denied device again, or
/// learn the device's rights.
struct BrokerOpening {
  protocol::DeviceId device_id;
  std::optional<PasswordLogin> login;
  bool rights = false;  ///< only its rights
};

[[nodiscard]] Result<BrokerAccess> load_broker_access(Registry& registry);

/// The entries are in order of their ids.
[[nodiscard]] Result<GateAccess> load_gate_access(Registry& registry, const GateQuery& query);

[[nodiscard]] Result<AccessChanges> load_access_changes(Registry& registry, const AccessQuery& query);

/// What to record when the broker has applied these entries and sets that it was not told before.
[[nodiscard]] std::vector<AppliedAccess> applied_of(std::span<const GateEntry> entries);
[[nodiscard]] std::vector<ToldRights> told_rights_of(const GateAccess& access);

/// The gate must know the rights of these devices: `load_gate_access` returns them from now on.
[[nodiscard]] Result<void> note_rights(Registry& registry, std::span<const std::string> ids);

/// Records that the gate was told these versions, unless there are newer ones.
[[nodiscard]] Result<void> rights_told(Registry& registry, std::span<const ToldRights> rows);

/// Sets `broker_applied_at` where it is still empty.
[[nodiscard]] Result<void> broker_applied(Registry& registry, std::span<const AppliedAccess> rows);

/// Up to `most` devices whose access an operator took away and whose open sessions are to be ended
/// (`device_id` and `version`). For 30 s no other call returns them. `by_crl`: only those whose certificates
/// are revoked, because nothing else keeps a device out.
[[nodiscard]] Result<std::vector<AppliedAccess>> claim_cuts(Registry& registry, std::size_t most,
                                                            bool by_crl = false);
/// Records that the sessions of claimed devices ended.
[[nodiscard]] Result<void> sessions_ended(Registry& registry, std::span<const AppliedAccess> rows);

/// How many devices have `.` or `:` in their ids; at most 1000.
[[nodiscard]] Result<std::int64_t> count_separators(Registry& registry);

/// For brokers that query the registry themselves: marks operators' changes as applied.
[[nodiscard]] Result<void> access_looked_up(Registry& registry);

}  // namespace latchkey::registry
