#pragma once

#include "service/cli/outcome.hpp"

#include <string>
#include <vector>

namespace latchkey::cli {

/// Reads ids, one on each line, from a file or, as "-", from stdin. Empty lines and lines that begin with #
/// are skipped. The ids are not checked.
[[nodiscard]] Result<std::vector<std::string>> read_ids(const std::string& file);

}  // namespace latchkey::cli
