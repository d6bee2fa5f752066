#pragma once

#include "crypto/certificate.hpp"
#include "mqtt/link.hpp"
#include "protocol/device_id.hpp"
#include "protocol/signer.hpp"
#include "protocol/topics.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace latchkey::device {

/// The device's own key, 32-64 bytes; with the name of the enrolment group where the key was derived from
/// one.
struct KeyProof {
  crypto::Secret key;
  std::optional<std::string> group;
};
struct EnrolmentToken {
  crypto::Secret token;
};
/// With what a device proves who it is; decides too how an answer to it must be signed.
using OwnProof = std::variant<KeyProof, EnrolmentToken>;

/// What is installed in a device when it leaves the factory.
struct Settings {
  protocol::DeviceId id;
  OwnProof proof;
  std::string bootstrap_url;  ///< mqtts://host:port
  std::string bootstrap_user;
  crypto::Secret bootstrap_password;
  std::string server_ca_file;                ///< PEM: the anchors of the broker's certificate ...
  std::vector<crypto::Certificate> anchors;  ///< ... and of the certificate that signs answers
  std::string attributes = "{}";             ///< a JSON object
  protocol::Topics topics;
  mqtt::Version mqtt_version = mqtt::Version::v5;
};

/// How an answer, or a configuration, to this device must be signed. `also` are anchors that the service
/// named in a signed answer.
[[nodiscard]] protocol::Verifier verifier_of(const Settings& settings, std::optional<crypto::Time> now,
                                             const std::vector<crypto::Bytes>& also = {});

}  // namespace latchkey::device
