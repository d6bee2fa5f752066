#pragma once

#include <string_view>

namespace latchkey::crypto {

/// Whether a file has the name of a temporary file of `replace_file` or `create_secret_file`, which stays
/// when the process is killed.
[[nodiscard]] bool is_temporary_name(std::string_view name);

}  // namespace latchkey::crypto
