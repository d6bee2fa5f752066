#include "protocol/connection.hpp"

#include "crypto/encoding.hpp"
#include "protocol/json.hpp"
#include "protocol/rights.hpp"

namespace latchkey::protocol {
namespace {

constexpr std::size_t most_anchors = 16;
constexpr json::TextRule not_empty{[](std::string_view text) { return !text.empty(); }, "must not be empty"};

Connection read_endpoint(const json::Reader& in) {
  return {.host = in.text("host", not_empty),
          .port = read_port(in),
          .tls = in.boolean("tls"),
          .client_id = {},
          .ca = in.has("ca") ? in.ders("ca", 1, most_anchors) : std::vector<crypto::Bytes>(),
          .topics = {},
          .publish = {},
          .subscribe = {}};
}

/// The filters are read as they are: what a device does with one that it does not understand is its own.
void read_rights(const json::Reader& in, Connection& connection) {
  connection.publish = in.optional_texts("publish", limits::rights_filters, not_empty);
  connection.subscribe = in.optional_texts("subscribe", limits::rights_filters, not_empty);
  if (bytes_of({connection.publish, connection.subscribe}) > limits::rights_bytes)
    in.complain("publish",
                "and subscribe have more than " + std::to_string(limits::rights_bytes) + " bytes together");
}

}  // namespace

std::uint16_t read_port(const json::Reader& in) {
  const auto port = in.integer("port");
  if (port < 1 || port > 65535) in.complain("port", "must be 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

Connection read_connection(const json::Reader& in) {
  const auto object = in.object("connection");
  auto connection = read_endpoint(object);
  connection.client_id = object.text("client_id", not_empty);
  connection.topics = object.text("topics", not_empty);
  read_rights(object, connection);
  return connection;
}

std::optional<Connection> parse_endpoint(std::string_view text) {
  const auto document = json::parse(text, json::config_bounds);
  if (!document) return std::nullopt;
  std::string fault;
  auto endpoint = read_endpoint(json::Reader(*document, fault));
  if (!fault.empty()) return std::nullopt;
  return endpoint;
}

std::string write_connection(const Connection& connection) {
  json::Value out{{"host", connection.host},
                  {"port", connection.port},
                  {"tls", connection.tls},
                  {"client_id", connection.client_id},
                  {"topics", connection.topics}};
  if (!connection.publish.empty()) out["publish"] = connection.publish;
  if (!connection.subscribe.empty()) out["subscribe"] = connection.subscribe;
  for (const auto& anchor : connection.ca)
    out["ca"].push_back(crypto::base64_encode(anchor));
  return json::write(out);
}

}  // namespace latchkey::protocol
