#pragma once

#include "crypto/certificate.hpp"
#include "service/config/reading.hpp"
#include "support/folder.hpp"

#include <chrono>
#include <string>

namespace latchkey::test {

inline crypto::Validity long_ago_to_far_away() {
  return {crypto::Time(std::chrono::seconds(0)), crypto::Time(std::chrono::seconds(4000000000))};
}

/// A configuration that is in order, with the files that it names, to be spoilt by a test.
struct Configuration {
  Configuration() {
    for (const char* const name : {"device-ca.pem", "server-ca.pem", "signing.pem"})
      folder.write(name, crypto::make_ca(name, long_ago_to_far_away()).certificate.to_pem());
    for (const char* const name : {"device-ca-key.pem", "signing-key.pem", "mqtt.password"})
      folder.write(name, "secret");
    folder.write("master.key", std::string(32, '\xab'));
  }

  Folder folder;
  service::Variables variables;
  std::string text = R"([database]
url = "postgresql://latchkey@db/latchkey"
[mqtt]
url = "mqtts://broker.example:8884"
username = "@service"
password_file = "mqtt.password"
ca_file = "server-ca.pem"
[pki]
device_ca_file = "device-ca.pem"
device_ca_key_file = "device-ca-key.pem"
signing_certificate_file = "signing.pem"
signing_key_file = "signing-key.pem"
[secrets]
master_key_file = "master.key"
[connection]
host = "broker.example"
)";

  [[nodiscard]] std::string file() const { return (folder.path() / "latchkey.toml").string(); }
  void replace(const std::string& what, const std::string& by) {
    text.replace(text.find(what), what.size(), by);
  }

  [[nodiscard]] std::expected<service::Settings, service::Complaints> read(
      const std::vector<std::string_view>& sections = {}) const {
    folder.write("latchkey.toml", text);
    return service::read_settings(file(), sections, variables);
  }
  [[nodiscard]] std::expected<service::Config, service::Complaints> load(
      const std::vector<std::string_view>& sections = {}) const {
    auto settings = read(sections);
    if (!settings) return std::unexpected(settings.error());
    return settings->config();
  }
};

}  // namespace latchkey::test
