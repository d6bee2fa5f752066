#include "registry/registry.hpp"

#include "registry/calls.hpp"
#include "registry/sources.hpp"

#include <map>

namespace latchkey::registry {
namespace {

/// Selects the newest applied schema file, and those of our functions that are missing.
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
  std::map<std::int64_t, Clock> holders;  ///< by process id: when it was first seen
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
  return std::unexpected(impl_->session.recorded({Failure::old_schema, what + ": run latchkey db migrate"}));
}

Result<void> Registry::prove() {
  if (auto checked = check(); !checked) return checked;
  // A call without rows cannot fail because of a row.
  for (const char* const function :
       {"load_requests_2", "commit_requests", "load_statuses_2", "commit_statuses"})
    if (auto rows = impl_->session.call(function, "[]", false); !rows)
      return std::unexpected(impl_->session.recorded(std::move(rows.error())));
  return discard_rows(impl_->session.query("SELECT registry.prove_commit()", true));
}

std::optional<std::string> Registry::take_lost() {
  return impl_->session.take_lost();
}

const Registry::Standing& Registry::standing() const noexcept {
  return impl_->session.standing();
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

Session& Registry::session() noexcept {
  return impl_->session;
}

void Registry::abandon(std::chrono::milliseconds after) noexcept {
  impl_->session.abandon(after);
}

}  // namespace latchkey::registry
