#pragma once

#include "crypto/certificate.hpp"
#include "device/proof.hpp"
#include "device/timekeeper.hpp"
#include "mqtt/link.hpp"
#include "protocol/answer.hpp"
#include "protocol/device_id.hpp"
#include "protocol/topics.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::device {

/// What is installed in a device when it leaves the factory.
struct Settings {
  protocol::DeviceId id;
  OwnProof proof;
  protocol::CredentialType credential = protocol::CredentialType::x509;  ///< what to ask for
  /// Each request brings a new key that secrets are sealed to. Without it they are sealed under the device's
  /// symmetric key, which is the only proof that can do without.
  bool has_encryption_key = true;
  std::string bootstrap_url;  ///< mqtts://host:port
  std::string bootstrap_user;
  crypto::Secret bootstrap_password;
  std::string server_ca_file;                ///< PEM: the anchors of the broker's certificate ...
  std::vector<crypto::Certificate> anchors;  ///< ... and of the certificate that signs answers
  std::string attributes = "{}";             ///< a JSON object
  protocol::Topics topics;
  mqtt::Version mqtt_version = mqtt::Version::v5;
  std::filesystem::path config_file;  ///< where the applied configuration's JSON is put; empty: nowhere else
  std::string on_config;              ///< a program that applies a configuration; empty: none
};

/// The anchors of the answers' signer at this time: the factory's, and `also`.
[[nodiscard]] protocol::ServiceAnchors anchors_of(const Settings& settings, const Timekeeper& time,
                                                  const std::vector<crypto::Bytes>& also = {});
/// Those that came with a connection, which stand instead of the factory's; or these where none came.
[[nodiscard]] protocol::ServiceAnchors anchors_at(const Settings& settings, const Timekeeper& time,
                                                  const protocol::Connection& connection);

}  // namespace latchkey::device
