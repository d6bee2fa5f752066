#pragma once

#include "service/import/record.hpp"

// Private to this folder.
namespace latchkey::service {

/// Reads one line of NDJSON: an object with the members `column_names`; `config` is an object, the others are
/// strings, null means absent. Duplicate and unknown members are problems.
void read_json_record(std::string_view line, ImportRecord& record);

/// The column with this name.
[[nodiscard]] std::optional<Column> column_named(std::string_view name);

}  // namespace latchkey::service
