#include "service/config/broker_login.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

namespace latchkey::service {

std::string random_client_id() {
  return "@latchkey-" + crypto::to_hex(crypto::random_bytes(8));
}

mqtt::Options broker_login(const Config& config, const crypto::Secret& password) {
  mqtt::Options options;
  // A dead connection is noticed after two and a half times the keep alive: 12.7 s.
  options.keep_alive = std::chrono::seconds{5};
  options.url = config.mqtt.url;
  options.username = config.mqtt.username;
  options.password = password.clone();
  options.ca_file = config.mqtt.ca_file;
  options.certificate_file = config.mqtt.certificate_file;
  options.key_file = config.mqtt.key_file;
  options.version = config.mqtt.version == "5" ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
  return options;
}

mqtt::Options access_login(const Config& config, const crypto::Secret& password) {
  mqtt::Options options = broker_login(config, password);
  options.client_id = random_client_id();
  options.username = config.broker_access.username;
  options.outbox_limit = 100;
  return options;
}

}  // namespace latchkey::service
