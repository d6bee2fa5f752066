#pragma once

#include "protocol/connection.hpp"
#include "protocol/request.hpp"
#include "protocol/topics.hpp"

namespace latchkey::service {

/// Where devices connect, unless the registry has another endpoint for them.
struct Destination {
  std::string host;
  std::uint16_t port = 8883;
  std::uint16_t password_port = 8883;  ///< for devices with a password
  bool tls = true;
  std::vector<crypto::Bytes> anchors;  ///< DER; empty: devices keep their anchors
};

/// `endpoint` is the registry's JSON; empty: use `destination`.
[[nodiscard]] protocol::Connection connection_for(const Destination& destination,
                                                  const protocol::Topics& topics,
                                                  const protocol::DeviceId& id, protocol::CredentialType type,
                                                  std::string_view endpoint);

}  // namespace latchkey::service
