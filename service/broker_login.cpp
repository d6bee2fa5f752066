#include "service/broker_login.hpp"

namespace latchkey::service {

mqtt::Options broker_login(const Config& config, const crypto::Secret& password) {
  mqtt::Options options;
  options.url = config.mqtt.url;
  options.username = config.mqtt.username;
  options.password = password.clone();
  options.ca_file = config.mqtt.ca_file;
  options.certificate_file = config.mqtt.certificate_file;
  options.key_file = config.mqtt.key_file;
  options.version = config.mqtt.version == "5" ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
  return options;
}

}  // namespace latchkey::service
