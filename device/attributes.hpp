#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::device {

/// `name=value` pairs as the JSON object `attributes`: a value that reads as a JSON number or boolean is one,
/// any other is a string. The error names the pair.
[[nodiscard]] std::expected<std::string, std::string> parse_attributes(const std::vector<std::string>& pairs);

/// With `last_error`, cut to the length that the protocol allows; unchanged when that is empty.
[[nodiscard]] std::string with_last_error(const std::string& attributes, std::string_view last_error);

}  // namespace latchkey::device
