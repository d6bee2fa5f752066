#pragma once

#include "protocol/connection.hpp"
#include "protocol/request.hpp"
#include "protocol/topics.hpp"

namespace latchkey::service {

/// Where devices connect with what they got, unless the registry says otherwise.
struct Destination {
  std::string host;
  std::uint16_t port = 8883;
  std::uint16_t password_port = 8883;  ///< for devices with a password
  bool tls = true;
  std::vector<crypto::Bytes> anchors;  ///< DER; empty: devices keep theirs
};

/// `endpoint`: what the registry says of it, JSON; empty: as everybody.
[[nodiscard]] protocol::Connection connection_for(const Destination& destination,
                                                  const protocol::Topics& topics,
                                                  const protocol::DeviceId& id, protocol::CredentialType type,
                                                  std::string_view endpoint);

}  // namespace latchkey::service
