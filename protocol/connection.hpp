#pragma once

#include "protocol/answer.hpp"

#include <string>

namespace latchkey::protocol {

namespace json {
class Reader;
}

/// Reads the required member `connection` of an answer or a configuration.
[[nodiscard]] Connection read_connection(const json::Reader& in);
/// Reads the member `port` of a connection.
[[nodiscard]] std::uint16_t read_port(const json::Reader& connection);
/// Parses an endpoint from the registry: a connection without client_id and topics, which stay empty. Nothing
/// if it is invalid.
[[nodiscard]] std::optional<Connection> parse_endpoint(std::string_view json);
/// Writes a connection as JSON.
[[nodiscard]] std::string write_connection(const Connection& connection);

}  // namespace latchkey::protocol
