#pragma once

#include "service/cli/outcome.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

// The JSON that commands print and send. Texts in it may be those of others: a device's, a broker's.
namespace latchkey::cli {

/// Compact JSON. Invalid UTF-8 is replaced, and no control character is left as it is.
[[nodiscard]] std::string json_text(const nlohmann::json& value);
/// JSON text with \u007f to \u009f, which a terminal may obey, in place of the characters.
[[nodiscard]] std::string without_raw_controls(std::string_view json);

/// The values of a repeatable flag, "site=hall 3" and "owner=x", as {"site": "hall 3", "owner": "x"}.
[[nodiscard]] Result<nlohmann::json> object_of(const std::vector<std::string>& pairs,
                                               const std::string& flag);

}  // namespace latchkey::cli
