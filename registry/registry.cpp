#include "registry/registry.hpp"

#include "registry/rows.hpp"
#include "registry/sources.hpp"

#include <map>
#include <utility>

namespace latchkey::registry {
namespace {

/// Puts the rows of an answer, which come in any order, into the order of what was asked.
template <class T, class Read>
std::vector<T> in_order(const pqxx::result& rows, std::size_t size, const Read& read) {
  const Columns columns(rows);
  std::vector<T> ordered(size);
  for (const auto& each : rows) {
    const Row row{each, columns};
    ordered.at(row[column::i].as<std::size_t>()) = read(row);
  }
  return ordered;
}

template <class Loaded, class Key, class Read>
Result<Loaded> load(Session& session, const char* function, std::span<const Key> keys, const Read& read) {
  auto rows = session.call(function, rows_of(keys), false);
  if (!rows) {
    // A load locks no row: a table is locked, so no part of the batch would do better.
    if (rows.error().failure == Failure::locked)
      return std::unexpected(session.noted({Failure::unavailable, rows.error().what}));
    if (rows.error().failure == Failure::too_slow) session.hurry();
    return std::unexpected(std::move(rows.error()));
  }
  // libpqxx counts rows in a signed integer from 7 on.
  if (std::cmp_not_equal(rows->size(), keys.size()))
    return std::unexpected(Error{Failure::unavailable, "the load lost a row"});
  Loaded loaded;
  loaded.now = clock_of(Row{(*rows)[0], Columns(*rows)}[column::loaded_at]);
  loaded.facts = in_order<typename decltype(loaded.facts)::value_type>(*rows, keys.size(), read);
  return loaded;
}

Result<std::vector<Outcome>> outcomes_of(Result<pqxx::result> rows, std::size_t size) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  return in_order<Outcome>(*rows, size,
                           [](const Row& row) { return outcome_of(row[column::outcome].c_str()); });
}

/// Whoever waited as long as a batch may goes on without what is locked.
template <class Decided>
Result<std::vector<Outcome>> commit(Session& session, const char* function, std::span<const Decided> rows) {
  auto outcomes = session.call(function, rows_of(rows), true);
  if (!outcomes && outcomes.error().failure == Failure::locked)
    outcomes = session.call(function, rows_of(rows, Locked::skip), true);
  return outcomes_of(std::move(outcomes), rows.size());
}

/// What was asked, row by row.
template <class T, class Read>
Result<std::vector<T>> read_all(const Result<pqxx::result>& rows, const Read& read) {
  if (!rows) return std::unexpected(rows.error());
  std::vector<T> all;
  all.reserve(static_cast<std::size_t>(rows->size()));
  const Columns columns(*rows);
  for (const auto& row : *rows)
    all.push_back(read(Row{row, columns}));
  return all;
}

Result<void> discard_rows(Result<pqxx::result> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  return {};
}

/// The newest schema file that was applied, and which of our calls there are not.
std::string found_sql() {
  std::string names;
  for (const Call& call : calls())
    names += (names.empty() ? "'" : ",'") + std::string(call.function) + "'";
  return "SELECT (SELECT coalesce(max(version), '') FROM registry.schema_migrations), "
         "(SELECT coalesce(string_agg(name, ', '), '') FROM unnest(ARRAY[" +
         names +
         "]) name WHERE NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
         "WHERE n.nspname = 'registry' AND p.proname = name))";
}

}  // namespace

struct Registry::Impl {
  Impl(ConnectOptions options, std::chrono::seconds patience) : session(std::move(options), patience) {}
  Session session;
  std::map<std::int64_t, Clock> holders;  ///< by process id: since when
};

Registry::Registry(ConnectOptions options, std::chrono::seconds patience)
    : impl_(std::make_unique<Impl>(std::move(options), patience)) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

Result<void> Registry::check() {
  auto rows = impl_->session.query("SELECT to_regclass('registry.schema_migrations') IS NULL");
  const bool fresh = rows && is_true((*rows)[0][0]);
  if (rows && !fresh) rows = impl_->session.query(found_sql().c_str());
  if (!rows) return std::unexpected(std::move(rows.error()));
  const std::string_view needed = schema_files().back().version;
  const std::string found = fresh ? "" : (*rows)[0][0].c_str();
  std::string what;
  if (found < needed)
    what = "the schema is at version '" + found + "' and this program needs " + std::string(needed);
  else if (const std::string missing = (*rows)[0][1].c_str(); !missing.empty())
    what = "the registry lacks what this program calls: " + missing;
  else
    return {};
  return std::unexpected(impl_->session.noted({Failure::old_schema, what + ": run latchkey db migrate"}));
}

Result<void> Registry::prove() {
  if (auto checked = check(); !checked) return checked;
  // No row can be what keeps a call without rows.
  for (const char* const function : {"load_requests", "commit_requests", "load_statuses", "commit_statuses"})
    if (auto rows = impl_->session.call(function, "[]", false); !rows)
      return std::unexpected(impl_->session.noted(std::move(rows.error())));
  return discard_rows(impl_->session.query("SELECT registry.prove_commit()", true));
}

const Registry::Standing& Registry::standing() const noexcept {
  return impl_->session.standing();
}

Result<LoadedRequests> Registry::load_requests(std::span<const RequestKey> keys) {
  return load<LoadedRequests>(impl_->session, "load_requests", keys, request_facts_of);
}

Result<std::vector<Outcome>> Registry::commit_requests(std::span<const DecidedRequest> rows) {
  return commit(impl_->session, "commit_requests", rows);
}

Result<LoadedStatuses> Registry::load_statuses(std::span<const StatusKey> keys) {
  return load<LoadedStatuses>(impl_->session, "load_statuses", keys, status_facts_of);
}

Result<std::vector<Outcome>> Registry::commit_statuses(std::span<const DecidedStatus> rows) {
  return commit(impl_->session, "commit_statuses", rows);
}

Result<std::vector<Outcome>> Registry::mark_sent(std::span<const Sent> rows) {
  return outcomes_of(impl_->session.call("mark_sent_2", rows_of(rows), false), rows.size());
}

Result<std::vector<LockHolder>> Registry::lock_holders() {
  auto found =
      read_all<LockHolder>(impl_->session.query("SELECT * FROM registry.lock_holders()"), [](const Row& row) {
        return LockHolder{row[column::pid].as<std::int64_t>(), row[column::login].c_str(),
                          clock_of(row[column::since])};
      });
  if (!found) return found;
  const auto before = std::exchange(impl_->holders, {});
  for (LockHolder& holder : *found) {
    if (const auto met = before.find(holder.pid); met != before.end())
      holder.since = std::min(holder.since, met->second);
    impl_->holders.emplace(holder.pid, holder.since);
  }
  return found;
}

Result<BrokerAccess> Registry::load_broker_access() {
  const auto rows = impl_->session.query("SELECT * FROM registry.load_broker_access()");
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  BrokerAccess access;
  for (const auto& row : *rows)
    add_access(access, {row, columns});
  return access;
}

Result<void> Registry::broker_applied(std::span<const AppliedAccess> rows) {
  return discard_rows(impl_->session.call("broker_applied", rows_of(rows), false));
}

Result<void> Registry::access_looked_up() {
  return discard_rows(impl_->session.query("SELECT registry.access_looked_up()"));
}

Result<RevocationState> Registry::revocation_state() {
  const auto rows = impl_->session.query(
      "SELECT registry.revocation_stamp(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
  if (!rows) return std::unexpected(rows.error());
  return RevocationState{(*rows)[0][0].c_str(), clock_of((*rows)[0][1])};
}

Result<std::vector<RevokedCertificate>> Registry::load_revoked() {
  return read_all<RevokedCertificate>(
      impl_->session.query("SELECT serial, revoked_at, issuer FROM registry.load_revoked_2()"), revoked_of);
}

Result<std::vector<protocol::DeviceId>> Registry::claim_configs() {
  return read_all<protocol::DeviceId>(impl_->session.call("claim_configs", "{}", false), [](const Row& row) {
    return protocol::DeviceId::parse(row[column::device_id].c_str()).value();
  });
}

Result<std::vector<Outcome>> Registry::commit_configs(std::span<const DecidedConfig> rows) {
  return commit(impl_->session, "commit_configs", rows);
}

Result<bool> Registry::walk_config_change() {
  const auto rows = impl_->session.call("walk_config_change", "{}", false);
  if (!rows) return std::unexpected(rows.error());
  return is_true((*rows)[0][0]);
}

Result<Registry::Nudges> Registry::claim_nudges() {
  const auto rows = impl_->session.call("claim_nudges", "{}", false);
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  Nudges nudges;
  for (const auto& row : *rows) {
    const Row nudge{row, columns};
    nudges.now = clock_of(nudge[column::loaded_at]);
    nudges.rows.push_back(nudge_of(nudge));
  }
  return nudges;
}

Result<void> Registry::note_undelivered(std::span<const Undelivered> messages) {
  return discard_rows(impl_->session.call("note_undelivered", rows_of(messages), false));
}

Result<void> Registry::note_links(std::span<const LinkLife> links) {
  return discard_rows(impl_->session.call("note_links", rows_of(links), false));
}

Result<std::vector<std::pair<std::string, std::int64_t>>> Registry::count_devices() {
  return read_all<std::pair<std::string, std::int64_t>>(
      impl_->session.query("SELECT state, devices FROM registry.count_devices()"), [](const Row& row) {
        return std::pair(row[column::state].c_str(), row[column::devices].as<std::int64_t>());
      });
}

Result<std::vector<FunnelDay>> Registry::count_funnel() {
  return read_all<FunnelDay>(impl_->session.query("SELECT * FROM registry.page_funnel()"), funnel_day_of);
}

Result<Overview> Registry::overview() {
  auto rejections = read_all<ShownRejection>(impl_->session.query("SELECT * FROM registry.page_rejections()"),
                                             rejection_of);
  if (!rejections) return std::unexpected(rejections.error());
  const auto rows = impl_->session.query("SELECT * FROM registry.page_pending()");
  auto pending = read_all<ShownPending>(rows, pending_of);
  if (!pending) return std::unexpected(pending.error());
  auto expiring =
      read_all<ShownExpiring>(impl_->session.query("SELECT * FROM registry.page_expiring()"), expiring_of);
  if (!expiring) return std::unexpected(expiring.error());
  const auto total = pending->empty() ? 0 : integer_or(Row{(*rows)[0], Columns(*rows)}[column::total], 0);
  return Overview{*std::move(rejections), *std::move(pending), total, *std::move(expiring)};
}

Result<DeviceHistory> Registry::history(const protocol::DeviceId& id) {
  auto device =
      read_all<ShownDevice>(impl_->session.call("page_device", device_of(id), false), shown_device_of);
  if (!device) return std::unexpected(device.error());
  auto events = read_all<ShownEvent>(impl_->session.call("page_history", device_of(id), false), event_of);
  if (!events) return std::unexpected(events.error());
  DeviceHistory history{{}, *std::move(events)};
  if (!device->empty()) history.device = std::move(device->front());
  return history;
}

Result<bool> Registry::maintain() {
  // By itself, so that nothing of the rest can keep a month from having its partitions.
  if (const auto made = impl_->session.query("SELECT registry.make_partitions()"); !made)
    return std::unexpected(made.error());
  const auto rows = impl_->session.query("SELECT registry.maintain()");
  if (!rows) return std::unexpected(rows.error());
  return is_true((*rows)[0][0]);
}

Result<void> Registry::summarize() {
  return discard_rows(impl_->session.query("SELECT registry.summarize()"));
}

void Registry::abandon(std::chrono::milliseconds after) noexcept {
  impl_->session.abandon(after);
}

}  // namespace latchkey::registry
