#pragma once

#include "crypto/certificate.hpp"
#include "device/proof.hpp"
#include "device/timekeeper.hpp"
#include "mqtt/link.hpp"
#include "protocol/answer.hpp"
#include "protocol/device_id.hpp"
#include "protocol/topics.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::device {

/// The factory settings of a device.
struct Settings {
  protocol::DeviceId id;
  OwnProof proof;
  protocol::CredentialType credential = protocol::CredentialType::x509;  ///< the type to request
  /// Each request contains a new encryption key for secrets. False: secrets are sealed with the device's
  /// symmetric key, so that only this proof works.
  bool has_encryption_key = true;
  std::string bootstrap_url;  ///< mqtts://host:port
  std::string bootstrap_user;
  crypto::Secret bootstrap_password;
  std::string server_ca_file;                ///< PEM: the anchors of the broker's certificate ...
  std::vector<crypto::Certificate> anchors;  ///< ... and of the certificate that signs answers
  std::string attributes = "{}";             ///< a JSON object
  std::int64_t max_message_bytes = 0;  ///< the largest message that it takes; 0: what the protocol allows
  protocol::Topics topics;
  mqtt::Version mqtt_version = mqtt::Version::v5;
  std::filesystem::path config_file;  ///< a copy of the applied configuration's JSON; empty: none
  std::string on_config;              ///< a program that applies a configuration; empty: none
};

/// The anchors for signed answers: the factory's and `also`.
[[nodiscard]] protocol::ServiceAnchors anchors_of(const Settings& settings, const Timekeeper& time,
                                                  const std::vector<crypto::Bytes>& also = {});
/// The anchors received with a connection, which replace the factory's; or the factory's if none were
/// received.
[[nodiscard]] protocol::ServiceAnchors anchors_at(const Settings& settings, const Timekeeper& time,
                                                  const protocol::Connection& connection);

}  // namespace latchkey::device
