#pragma once

#include "protocol/answer.hpp"

#include <string>

namespace latchkey::protocol {

namespace json {
class Reader;
}

/// The member `connection` of answers and configurations, which must be there.
[[nodiscard]] Connection read_connection(const json::Reader& in);
/// Where devices connect, as the registry keeps it: the same without client_id and topics, which are left
/// empty. Nothing if it is something else.
[[nodiscard]] std::optional<Connection> parse_endpoint(std::string_view json);
/// Its JSON.
[[nodiscard]] std::string write_connection(const Connection& connection);

}  // namespace latchkey::protocol
