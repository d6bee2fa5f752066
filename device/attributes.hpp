#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::device {

/// Converts `name=value` pairs to the JSON object `attributes`: a value that parses as a JSON number or
/// boolean becomes one, any other a string. The error names the pair.
[[nodiscard]] std::expected<std::string, std::string> parse_attributes(const std::vector<std::string>& pairs);

/// Adds the attribute `last_error`, truncated to the protocol's limit; unchanged if it is empty.
[[nodiscard]] std::string with_last_error(const std::string& attributes, std::string_view last_error);

}  // namespace latchkey::device
