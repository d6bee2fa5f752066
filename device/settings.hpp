#pragma once

#include "crypto/certificate.hpp"
#include "device/proof.hpp"
#include "mqtt/link.hpp"
#include "protocol/device_id.hpp"
#include "protocol/topics.hpp"

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
};

/// The anchors of the answers' signer at `now`; `also` are those that the service named in a signed answer.
[[nodiscard]] protocol::ServiceAnchors anchors_of(const Settings& settings, std::optional<crypto::Time> now,
                                                  const std::vector<crypto::Bytes>& also = {});

}  // namespace latchkey::device
