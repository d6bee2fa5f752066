#pragma once

#include "protocol/answer.hpp"

#include <string>

namespace latchkey::protocol {

namespace json {
class Reader;
}

/// The member `connection` of answers and configurations, which must be there.
[[nodiscard]] Connection read_connection(const json::Reader& in);
/// Its JSON.
[[nodiscard]] std::string write_connection(const Connection& connection);

}  // namespace latchkey::protocol
