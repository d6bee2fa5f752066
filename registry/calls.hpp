#pragma once

// Private to this folder: helpers that turn the rows of a call into values.

#include "registry/rows.hpp"

#include <utility>

namespace latchkey::registry {

/// Orders the rows of a result, which come in any order, by their column `i`, the index of the row asked for.
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
    // A load locks no row, so a table is locked: a part of the batch would fail too.
    if (rows.error().failure == Failure::locked)
      return std::unexpected(session.recorded({Failure::unavailable, rows.error().what}));
    if (rows.error().failure == Failure::too_slow) session.shorten_limits();
    return std::unexpected(std::move(rows.error()));
  }
  // libpqxx 7 counts rows in a signed integer.
  if (std::cmp_not_equal(rows->size(), keys.size()))
    return std::unexpected(Error{Failure::unavailable, "the load lost a row"});
  Loaded loaded;
  loaded.now = clock_of(Row{(*rows)[0], Columns(*rows)}[column::loaded_at]);
  loaded.facts = in_order<typename decltype(loaded.facts)::value_type>(*rows, keys.size(), read);
  return loaded;
}

inline Result<std::vector<Outcome>> outcomes_of(Result<pqxx::result> rows, std::size_t size) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  return in_order<Outcome>(*rows, size,
                           [](const Row& row) { return outcome_of(row[column::outcome].c_str()); });
}

/// After waiting for locks as long as a batch may, commits again without the locked rows.
template <class Decided>
Result<std::vector<Outcome>> commit(Session& session, const char* function, std::span<const Decided> rows) {
  auto outcomes = session.call(function, rows_of(rows), true);
  if (!outcomes && outcomes.error().failure == Failure::locked)
    outcomes = session.call(function, rows_of(rows, Locked::skip), true);
  return outcomes_of(std::move(outcomes), rows.size());
}

/// Reads all rows of a result.
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

inline Result<void> discard_rows(Result<pqxx::result> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  return {};
}

}  // namespace latchkey::registry
