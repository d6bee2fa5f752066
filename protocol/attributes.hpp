#pragma once

#include <optional>
#include <string>

namespace latchkey::protocol {

namespace json {
class Reader;
}

/// The member `attributes` of a request or a status as compact JSON; nothing if it is absent or invalid.
[[nodiscard]] std::optional<std::string> read_attributes(const json::Reader& in);

}  // namespace latchkey::protocol
