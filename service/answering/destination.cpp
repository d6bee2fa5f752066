#include "service/answering/destination.hpp"

namespace latchkey::service {

protocol::Connection connection_for(const Destination& destination, const protocol::Topics& topics,
                                    const protocol::DeviceId& id, protocol::CredentialType type,
                                    std::string_view endpoint) {
  const bool password = type == protocol::CredentialType::password;
  auto connection = endpoint.empty() ? std::nullopt : protocol::parse_endpoint(endpoint);
  if (!connection)
    connection = protocol::Connection{.host = destination.host,
                                      .port = password ? destination.password_port : destination.port,
                                      .tls = destination.tls,
                                      .client_id = {},
                                      .ca = destination.anchors,
                                      .topics = {}};
  connection->client_id = id.text();
  connection->topics = topics.device_prefix(id);
  return *std::move(connection);
}

}  // namespace latchkey::service
