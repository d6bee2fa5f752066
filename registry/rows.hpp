#pragma once

// Private to this folder: converts between our values and the rows of the service's calls.

#include "registry/broker_access.hpp"
#include "registry/columns.hpp"
#include "registry/page.hpp"
#include "registry/revocation.hpp"
#include "registry/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::registry {

/// Whether to wait for rows that another session has locked.
enum class Locked { wait, skip };

/// The parameter of a call: a JSON array whose items have their index in `i`.
[[nodiscard]] std::string rows_of(std::span<const RequestKey> keys);
[[nodiscard]] std::string rows_of(std::span<const StatusKey> keys);
[[nodiscard]] std::string rows_of(std::span<const DecidedRequest> rows, Locked locked = Locked::wait);
[[nodiscard]] std::string rows_of(std::span<const DecidedStatus> rows, Locked locked = Locked::wait);
[[nodiscard]] std::string rows_of(std::span<const Sent> rows);
[[nodiscard]] std::string rows_of(std::span<const AppliedAccess> rows);
[[nodiscard]] std::string rows_of(std::span<const ToldRights> rows);
[[nodiscard]] std::string rows_of(std::span<const DecidedConfig> rows, Locked locked = Locked::wait);
[[nodiscard]] std::string rows_of(std::span<const LinkLife> rows);
[[nodiscard]] std::string rows_of(std::span<const Undelivered> rows);

/// The parameter of note_rights.
[[nodiscard]] std::string ids_of(std::span<const std::string> ids);
/// The parameter of load_gate_access.
[[nodiscard]] std::string gate_query_of(const GateQuery& query);
/// The parameter of load_access_changes.
[[nodiscard]] std::string access_query_of(const AccessQuery& query);

/// The parameter of the calls that the page has for one device.
[[nodiscard]] std::string device_of(const protocol::DeviceId& id);

/// The column numbers of a result, by name. libpq copies and case-folds a name at each lookup, and a loaded
/// row has fifty columns.
class Columns {
 public:
  /// `result` must outlive this.
  explicit Columns(const pqxx::result& result);
  /// The column must exist.
  [[nodiscard]] pqxx::row_size_type at(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, pqxx::row_size_type>> places_;  ///< by name
};

struct Row {
  const pqxx::row& row;
  const Columns& columns;
  [[nodiscard]] pqxx::field operator[](const Column& column) const { return row[columns.at(column.name)]; }
};

[[nodiscard]] FunnelDay funnel_day_of(const Row& row);
[[nodiscard]] ShownRejection rejection_of(const Row& row);
[[nodiscard]] ShownPending pending_of(const Row& row);
[[nodiscard]] ShownExpiring expiring_of(const Row& row);
[[nodiscard]] ShownDevice shown_device_of(const Row& row);
[[nodiscard]] ShownEvent event_of(const Row& row);
[[nodiscard]] ShownCredential shown_credential_of(const Row& row);
[[nodiscard]] ShownTodo todo_of(const Row& row);
[[nodiscard]] ShownClone clone_of(const Row& row);
[[nodiscard]] ShownStuck stuck_of(const Row& row);
[[nodiscard]] ShownReplicas replicas_of(const Row& row);
[[nodiscard]] ListedDevice listed_device_of(const Row& row);

[[nodiscard]] RequestFacts request_facts_of(const Row& row);
[[nodiscard]] StatusFacts status_facts_of(const Row& row);
[[nodiscard]] ApprovalNotice notice_of(const Row& row);
[[nodiscard]] RevokedCertificate revoked_of(const Row& row);
[[nodiscard]] Clock clock_of(const pqxx::field& field);
void add_gate_access(GateAccess& access, const Row& row);
void add_access_change(AccessChanges& changes, const Row& row);
[[nodiscard]] AppliedAccess cut_of(const Row& row);
void add_access(BrokerAccess& access, const Row& row);
[[nodiscard]] Outcome outcome_of(std::string_view name);

}  // namespace latchkey::registry
