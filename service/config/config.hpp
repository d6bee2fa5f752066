#pragma once

#include "crypto/secret.hpp"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::service {

/// The validated configuration. One table (service/config/table.hpp) drives its reader and
/// docs/configuration.md.
struct Config {
  struct Database {
    std::string url;
    std::string password_file;
    std::int64_t workers = 2;  ///< one connection each
  } database;
  struct Mqtt {
    std::string url;
    std::string client_id;  ///< empty: random, so that replicas do not share one
    std::string username;
    std::string password_file;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string version = "5";
    std::optional<std::string>
        share_group;  ///< nothing: derived from the master key; "": no shared subscription
    std::string provisioning_root = "provisioning/v1";
    std::string devices_root = "devices";
  } mqtt;
  struct Pki {
    std::string device_ca_file;
    std::string device_ca_key_file;
    std::string signing_certificate_file;
    std::string signing_key_file;
  } pki;
  struct Secrets {
    std::string master_key_file;
    std::string previous_master_key_file;
  } secrets;
  struct Connection {
    std::string host;
    std::int64_t port = 8883;
    std::int64_t password_port = 0;  ///< the port for devices with a password; 0: the same port
    bool tls = true;
    std::string ca_file;  ///< anchors sent to devices; empty: they keep theirs
  } connection;
  struct BrokerAccess {
    std::string mode = "none";
    std::string username;
    std::string password_file;
    std::string listen = "127.0.0.1:9465";
    std::string token_file;          ///< empty: only this machine may ask
    std::string bootstrap_username;  ///< empty: the broker itself knows the bootstrap account
    std::string bootstrap_password_file;
    std::string cut = "none";
    [[nodiscard]] bool takes_over() const { return cut == "takeover"; }
    /// The service commands a plugin of the broker.
    [[nodiscard]] bool steers() const { return mode == "gate" || mode == "dynamic-security"; }
  } broker_access;
  struct Crl {
    std::string file;  ///< empty: none is written
    std::int64_t lifetime_h = 72;
    std::string reload_command;
    std::string previous_ca_file;
    std::string previous_ca_key_file;
  } crl;
  struct Limits {
    std::int64_t batch_max = 128;
    std::int64_t inbox_bytes = 64 << 20;
  } limits;
  struct Http {
    std::string listen = "127.0.0.1:9464";
    std::string token_file;  ///< empty: only this machine may see the fleet page
  } http;
  /// The broker asks the service and has no shared subscriptions, as RabbitMQ or aedes.
  [[nodiscard]] bool asks_alone() const { return broker_access.mode == "http" && mqtt.share_group == ""; }
  /// It asks about the bootstrap account too, which RabbitMQ has to.
  [[nodiscard]] bool is_for_rabbitmq() const {
    return asks_alone() && !broker_access.bootstrap_username.empty();
  }
  struct Log {
    std::string level = "info";
    std::string format;  ///< "json" or "text"; empty: text on a terminal
  } log;
};

/// Errors in the configuration, each with file and line or environment variable, as printed.
using Complaints = std::vector<std::string>;

/// Reads the file, the environment (LATCHKEY_SECTION_KEY) and the defaults, and validates the result.
[[nodiscard]] std::expected<Config, Complaints> load_config(const std::filesystem::path& file);

/// The same for these sections only; errors in other sections are ignored. For commands that need no more.
[[nodiscard]] std::expected<Config, Complaints> load_config(const std::filesystem::path& file,
                                                            const std::vector<std::string_view>& sections);

/// The effective configuration as TOML, each value with its origin. Contains no secret: those are in files.
[[nodiscard]] std::expected<std::string, Complaints> show_config(const std::filesystem::path& file);
/// An option in effect: "section.key", its value as a TOML scalar, which is JSON too (nothing: not set), and
/// its source as in `config show`.
struct ShownOption {
  std::string name;
  std::optional<std::string> value;
  std::string source;
};
[[nodiscard]] std::expected<std::vector<ShownOption>, Complaints> show_options(
    const std::filesystem::path& file);

/// The configuration file: `flag` (--config), else LATCHKEY_CONFIG, else /etc/latchkey/latchkey.toml.
[[nodiscard]] std::filesystem::path config_path(const std::string& flag);

}  // namespace latchkey::service
