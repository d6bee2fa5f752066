#pragma once

// Private to this folder: what the service's calls take and give, and our values.

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

/// What becomes of rows that somebody else has locked.
enum class Locked { wait, skip };

/// The one parameter of a function: a JSON array, each item with its place in `i`.
[[nodiscard]] std::string rows_of(std::span<const RequestKey> keys);
[[nodiscard]] std::string rows_of(std::span<const StatusKey> keys);
[[nodiscard]] std::string rows_of(std::span<const DecidedRequest> rows, Locked locked = Locked::wait);
[[nodiscard]] std::string rows_of(std::span<const DecidedStatus> rows, Locked locked = Locked::wait);
[[nodiscard]] std::string rows_of(std::span<const Sent> rows);
[[nodiscard]] std::string rows_of(std::span<const AppliedAccess> rows);
[[nodiscard]] std::string rows_of(std::span<const DecidedConfig> rows, Locked locked = Locked::wait);
[[nodiscard]] std::string rows_of(std::span<const LinkLife> rows);
[[nodiscard]] std::string rows_of(std::span<const Undelivered> rows);

/// The one parameter of page_device and page_history.
[[nodiscard]] std::string device_of(const protocol::DeviceId& id);

/// Where the columns of a result are. libpq copies and folds a name whenever it is asked for one, and a row
/// of a load has fifty.
class Columns {
 public:
  /// `result` outlives it.
  explicit Columns(const pqxx::result& result);
  /// The column must be there.
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

[[nodiscard]] RequestFacts request_facts_of(const Row& row);
[[nodiscard]] StatusFacts status_facts_of(const Row& row);
[[nodiscard]] ApprovalNotice notice_of(const Row& row);
[[nodiscard]] RevokedCertificate revoked_of(const Row& row);
[[nodiscard]] Clock clock_of(const pqxx::field& field);
void add_access(BrokerAccess& access, const Row& row);
[[nodiscard]] Outcome outcome_of(std::string_view name);

}  // namespace latchkey::registry
