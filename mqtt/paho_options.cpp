#include "mqtt/paho_options.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace latchkey::mqtt {
namespace {

using Checked = std::expected<void, std::string>;

Checked check_readable(std::string_view option, const std::string& path) {
  if (path.empty()) return {};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file && file.peek() != std::ifstream::traits_type::eof()) return {};
  const std::string why = errno != 0 ? std::strerror(errno) : "it is empty";
  return std::unexpected("The " + std::string(option) + " \"" + path + "\" cannot be read: " + why + ".");
}

Checked check_files(const Options& options, const Endpoint& endpoint) {
  if (endpoint.tls && options.ca_file.empty()) {
    return std::unexpected("The url " + options.url +
                           " asks for TLS and ca_file is empty: name the PEM file of "
                           "the certificate authority that issued the broker's certificate.");
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return std::unexpected(
        "Of certificate_file and key_file only one is set: a client certificate needs both.");
  }
  for (const auto& [option, path] :
       {std::pair{"ca_file", &options.ca_file}, std::pair{"certificate_file", &options.certificate_file},
        std::pair{"key_file", &options.key_file}}) {
    if (auto readable = check_readable(option, *path); !readable) return readable;
  }
  return {};
}

Checked check_limits(const Options& options) {
  if (options.client_id.empty()) return std::unexpected("The client_id is empty.");
  if (options.will.size() > 1) return std::unexpected("There is more than one will.");
  if (!options.will.empty() && !publishable(options.will.front().topic)) {
    return std::unexpected("The will's topic \"" + options.will.front().topic + "\" cannot be published to.");
  }
  if (options.keep_alive.count() < 1 || options.keep_alive.count() > 65535) {
    return std::unexpected("The keep_alive has to be from 1 to 65535 seconds.");
  }
  if (options.connect_timeout.count() < 1 || options.connect_timeout.count() > 3600) {
    return std::unexpected("The connect_timeout has to be from 1 to 3600 seconds.");
  }
  if (options.in_flight_limit < 1 || options.outbox_limit < 1) {
    return std::unexpected("The in_flight_limit and the outbox_limit have to be at least 1.");
  }
  return {};
}

paho::ssl_options make_ssl_options(const Options& options) {
  paho::ssl_options ssl;
  ssl.set_trust_store(options.ca_file);  // replaces the system's trust store
  ssl.set_enable_server_cert_auth(true);
  ssl.set_verify(false);  // no check of the host name by Paho: check_tls_of does that in the handshake
  // Paho offers "any TLS version" or exactly one. These suites require TLS 1.2; the list does not affect the
  // suites of TLS 1.3.
  ssl.set_enabled_cipher_suites("ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM");
  if (options.certificate_file.empty()) return ssl;
  ssl.set_key_store(options.certificate_file);
  ssl.set_private_key(options.key_file);
  ssl.set_private_key_password(
      "none");  // otherwise OpenSSL asks on the terminal for the password of an encrypted key
  return ssl;
  // No error handler: Paho calls it with the address of a copy that connect() has destroyed.
}

}  // namespace

std::expected<Endpoint, std::string> check(const Options& options) {
  auto endpoint = Endpoint::parse(options.url);
  if (!endpoint) return endpoint;
  if (auto files = check_files(options, *endpoint); !files) return std::unexpected(files.error());
  if (auto limits = check_limits(options); !limits) return std::unexpected(limits.error());
  return endpoint;
}

bool publishable(std::string_view topic) noexcept {
  constexpr std::string_view forbidden("+#\0", 3);
  return !topic.empty() && topic.size() <= 65535 && topic.find_first_of(forbidden) == std::string_view::npos;
}

int paho_version(Version version) noexcept {
  return version == Version::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

paho::connect_options make_connect_options(const Options& options, const Endpoint& endpoint) {
  paho::connect_options result;
  result.set_mqtt_version(paho_version(options.version));
  // MQTT 5: no session expiry property means 0, the session ends with its connection (MQTT 5, 3.1.2.11.2).
  if (options.version == Version::v5) result.set_clean_start(true);
  if (options.version == Version::v3_1_1) result.set_clean_session(true);
  result.set_keep_alive_interval(options.keep_alive);
  result.set_automatic_reconnect(false);
  // Paho 1.3.12 stalls for a second whenever its window is full: our window is smaller, so that Paho's never
  // fills.
  result.set_max_inflight(65535);
  if (!options.username.empty()) result.set_user_name(options.username);
  if (!options.password.empty()) result.set_password(std::string(options.password.text()));
  if (!options.will.empty()) {
    const Will& will = options.will.front();
    result.set_will(paho::will_options(will.topic, will.payload.data(), will.payload.size(), 1, false));
  }
  if (endpoint.tls) result.set_ssl(make_ssl_options(options));
  return result;
}

}  // namespace latchkey::mqtt
