#pragma once

#include "service/import/record.hpp"

// Private to this folder.
namespace latchkey::service {

/// One line of NDJSON: an object of `column_names`, `config` an object and the others strings, null as if it
/// were not there. Duplicate and unknown members are problems.
void read_json_record(std::string_view line, ImportRecord& record);

/// The column of that name.
[[nodiscard]] std::optional<Column> column_named(std::string_view name);

}  // namespace latchkey::service
