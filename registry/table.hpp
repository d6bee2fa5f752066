#pragma once

#include <optional>
#include <string>
#include <vector>

namespace latchkey::registry {

/// The rows of a statement as text, in PostgreSQL's format: times in UTC, arrays as JSON only if the
/// statement makes them JSON.
struct Table {
  enum class Kind { text, number, boolean, time, json };
  struct Column {
    std::string name;
    Kind kind = Kind::text;
  };
  using Row = std::vector<std::optional<std::string>>;  ///< as many values as columns; NULL is nothing

  std::vector<Column> columns;
  std::vector<Row> rows;
};

}  // namespace latchkey::registry
