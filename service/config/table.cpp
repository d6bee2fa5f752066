#include "service/config/table.hpp"

#include "service/config/rules.hpp"

#include <algorithm>
#include <array>

namespace latchkey::service {
namespace {

constexpr std::int64_t mebibyte = 1 << 20;

// Two member pointers, section and key, that select a field of Config.
template <auto section, auto key>
auto& at(Config& config) {
  return config.*section.*key;
}

const auto table = std::to_array<Option>({
    {.section = "database",
     .key = "url",
     .kind = Kind::text,
     .field = at<&Config::database, &Config::Database::url>,
     .help = "The address of the registry: `postgresql://user@host:5432/database` or `key=value` pairs, with "
             "all parameters of libpq (`sslmode`, `sslrootcert` ...), without a password.",
     .required = true,
     .rule = rules::database_url},
    {.section = "database",
     .key = "password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::database, &Config::Database::password_file>,
     .help = "File with the password of that login, one line.",
     .unset = "none, or the one that libpq finds",
     .rule = rules::one_line},
    {.section = "database",
     .key = "workers",
     .kind = Kind::number,
     .field = at<&Config::database, &Config::Database::workers>,
     .help = "Number of threads that process requests, each with its own database connection.",
     .least = 1,
     .most = 64},

    {.section = "mqtt",
     .key = "url",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::url>,
     .help = "The broker: `mqtts://host:port`, or `mqtt://host:port` without TLS.",
     .required = true,
     .rule = rules::broker_url},
    {.section = "mqtt",
     .key = "client_id",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::client_id>,
     .help = "The client id of the service. It must contain a character that no device id has, such as `@`; "
             "otherwise a device of that name could take over the connection. Each replica needs its own.",
     .unset = "random",
     .rule = rules::no_device_id},
    {.section = "mqtt",
     .key = "username",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::username>,
     .help = "The broker account of the service, for example `@service`. It must contain a character that no "
             "device id has; otherwise a device of that name would get the rights of the account.",
     .rule = rules::no_device_id},
    {.section = "mqtt",
     .key = "password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::mqtt, &Config::Mqtt::password_file>,
     .help = "File with the password of that account, one line.",
     .rule = rules::one_line},
    {.section = "mqtt",
     .key = "ca_file",
     .kind = Kind::file,
     .field = at<&Config::mqtt, &Config::Mqtt::ca_file>,
     .help = "The CA of the broker's certificate, PEM. Required with `mqtts://`. The host name is always "
             "verified.",
     .rule = rules::certificates},
    {.section = "mqtt",
     .key = "certificate_file",
     .kind = Kind::file,
     .field = at<&Config::mqtt, &Config::Mqtt::certificate_file>,
     .help = "A client certificate for the broker, PEM, with `key_file`. Its common name must not be a valid "
             "device id.",
     .rule = rules::client_certificate},
    {.section = "mqtt",
     .key = "key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::mqtt, &Config::Mqtt::key_file>,
     .help = "The private key of that certificate, PEM, not encrypted."},
    {.section = "mqtt",
     .key = "version",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::version>,
     .help = "The version of MQTT: `5` or `3.1.1`.",
     .rule = rules::mqtt_version},
    {.section = "mqtt",
     .key = "share_group",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::share_group>,
     .help = "The name of the shared subscription by which replicas share the requests. It should be hard to "
             "guess, because a client that joins the subscription takes requests away. `\"\"`: no shared "
             "subscription, for a single replica or a broker without shared subscriptions. Needs version 5; "
             "with 3.1.1 there is no shared subscription.",
     .unset = "derived from the master key, the same on every replica",
     .rule = rules::share_group},
    {.section = "mqtt",
     .key = "provisioning_root",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::provisioning_root>,
     .help = "Beginning of the topics of requests and answers.",
     .rule = rules::topic_root},
    {.section = "mqtt",
     .key = "devices_root",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::devices_root>,
     .help = "Beginning of the topics of statuses and configurations.",
     .rule = rules::topic_root},

    {.section = "pki",
     .key = "device_ca_file",
     .kind = Kind::file,
     .field = at<&Config::pki, &Config::Pki::device_ca_file>,
     .help = "The CA that signs device certificates, PEM. If it is not a root, the CAs above it may follow. "
             "It must be separate from the CA of the signing certificate.",
     .required = true,
     .rule = rules::certificates},
    {.section = "pki",
     .key = "device_ca_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::pki, &Config::Pki::device_ca_key_file>,
     .help = "Its private key, PEM, not encrypted.",
     .required = true},
    {.section = "pki",
     .key = "signing_certificate_file",
     .kind = Kind::file,
     .field = at<&Config::pki, &Config::Pki::signing_certificate_file>,
     .help =
         "The certificate that signs answers, PEM, issued directly by a CA that is installed in the devices.",
     .required = true,
     .rule = rules::certificates},
    {.section = "pki",
     .key = "signing_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::pki, &Config::Pki::signing_key_file>,
     .help = "Its private key (P-256), PEM, not encrypted.",
     .required = true},

    {.section = "secrets",
     .key = "master_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::secrets, &Config::Secrets::master_key_file>,
     .help = "32 bytes, raw or as one base64 line, the same on every replica. Keys in the registry are "
             "sealed under it and are lost without it.",
     .required = true,
     .rule = rules::master_key},
    {.section = "secrets",
     .key = "previous_master_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::secrets, &Config::Secrets::previous_master_key_file>,
     .help = "The previous master key, while it is being replaced. It opens keys that are still sealed under "
             "it and gives again passwords that were derived from it. `latchkey db reseal` says when it is "
             "no longer needed.",
     .unset = "none",
     .rule = rules::master_key},

    {.section = "connection",
     .key = "host",
     .kind = Kind::text,
     .field = at<&Config::connection, &Config::Connection::host>,
     .help =
         "Host to which provisioned devices connect, the same on every replica; sent to devices in "
         "answers. A device confirms its credential over the connection that it was told, so move a fleet "
         "with registry.set_fleet_endpoint.",
     .required = true,
     .rule = rules::host},
    {.section = "connection",
     .key = "port",
     .kind = Kind::number,
     .field = at<&Config::connection, &Config::Connection::port>,
     .help = "Port on that host.",
     .least = 1,
     .most = 65535},
    {.section = "connection",
     .key = "password_port",
     .kind = Kind::number,
     .field = at<&Config::connection, &Config::Connection::password_port>,
     .help = "Port for devices with a password, if the other port requires a certificate (Mosquitto). 0: the "
             "same port for both.",
     .least = 0,
     .most = 65535},
    {.section = "connection",
     .key = "tls",
     .kind = Kind::flag,
     .field = at<&Config::connection, &Config::Connection::tls>,
     .help = "Whether devices connect with TLS."},
    {.section = "connection",
     .key = "ca_file",
     .kind = Kind::file,
     .field = at<&Config::connection, &Config::Connection::ca_file>,
     .help = "Anchors that answers send to devices to replace the anchors they have, PEM. One of them must "
             "be the issuer of the signing certificate.",
     .unset = "devices keep their anchors",
     .rule = rules::certificates},

    {.section = "broker_access",
     .key = "mode",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::mode>,
     .help =
         "How the broker learns passwords and which devices are blocked (docs/deploy.md). `gate`: the "
         "service commands Latchkey's plugin for Mosquitto (docs/gate.md). `dynamic-security`: the "
         "service commands Mosquitto's plugin of this name. `database`: the broker reads the registry "
         "(`registry.mqtt_user`, `registry.mqtt_acl`). `http`: the broker asks the service (RabbitMQ, EMQX). "
         "`none`: the broker learns nothing, and the service issues no passwords.",
     .rule = rules::access_mode},
    {.section = "broker_access",
     .key = "username",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::username>,
     .help =
         "With `gate` and `dynamic-security`: the account that commands the plugin, for example `@admin`. "
         "For `gate` it is the plugin's `plugin_opt_control_account`; for `dynamic-security` it needs the "
         "right to write to `$CONTROL/dynamic-security/v1`. It must contain a character that no device id "
         "has; otherwise a device of that name could send commands to the broker.",
     .rule = rules::no_device_id},
    {.section = "broker_access",
     .key = "password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::broker_access, &Config::BrokerAccess::password_file>,
     .help = "File with the password of that account, one line. Broker, TLS and MQTT version are those of "
             "`mqtt`.",
     .rule = rules::one_line},
    {.section = "broker_access",
     .key = "listen",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::listen>,
     .help =
         "With `http`: IP address and port on which the broker asks the service. There is no TLS, and the "
         "questions contain passwords: use an address other than loopback only on a trusted network.",
     .rule = rules::question_address},
    {.section = "broker_access",
     .key = "token_file",
     .kind = Kind::secret_file,
     .field = at<&Config::broker_access, &Config::BrokerAccess::token_file>,
     .help =
         "With `http`: file with the token that the broker sends as a Bearer token or as the first part of "
         "the path (`/TOKEN/rabbitmq/user`). One line, at least 16 characters. An address other than "
         "loopback needs one.",
     .unset = "no token is needed",
     .rule = rules::page_token},
    {.section = "broker_access",
     .key = "bootstrap_username",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::bootstrap_username>,
     .help =
         "With `http`: the account that devices without a credential share, for example `@bootstrap`, if the "
         "broker asks about it too. A connection of it gets the request and response topics of its client "
         "id. "
         "RabbitMQ needs this: its own rules cannot tell one client id from a pattern.",
     .unset = "the broker decides about this account",
     .rule = rules::no_device_id},
    {.section = "broker_access",
     .key = "bootstrap_password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::broker_access, &Config::BrokerAccess::bootstrap_password_file>,
     .help = "File with the password of that account, one line.",
     .rule = rules::one_line},
    {.section = "broker_access",
     .key = "cut",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::cut>,
     .help =
         "With `http`, `database`, or `none` and `crl.file`: how the open session of a blocked device ends. "
         "`takeover`: the service connects with the device's client id, at which the broker must end the "
         "older session (docs/deploy.md). `none`: when the broker itself ends it.",
     .rule = rules::session_cut},

    {.section = "crl",
     .key = "file",
     .kind = Kind::text,
     .field = at<&Config::crl, &Config::Crl::file>,
     .help = "File for the list of revoked certificates, PEM, for a broker that reads one. Its folder must "
             "be writable. An absolute path.",
     .unset = "none is written",
     .rule = rules::absolute_path},
    {.section = "crl",
     .key = "lifetime_h",
     .kind = Kind::number,
     .field = at<&Config::crl, &Config::Crl::lifetime_h>,
     .help = "Hours until a list expires. An expired list locks every device out. The list is renewed after "
             "a third of this time, so that two thirds remain to notice a failure.",
     .least = 1,
     .most = 8760},
    {.section = "crl",
     .key = "reload_command",
     .kind = Kind::text,
     .field = at<&Config::crl, &Config::Crl::reload_command>,
     .help = "Command that is run after each change of the file, so that the broker reads it: a program by "
             "its full path, and arguments separated by spaces. No shell is used. It must end within 5 s.",
     .rule = rules::absolute_path},
    {.section = "crl",
     .key = "previous_ca_file",
     .kind = Kind::file,
     .field = at<&Config::crl, &Config::Crl::previous_ca_file>,
     .help = "The previous device CAs, PEM, as long as certificates of theirs are valid. Without them a "
             "device with a certificate of theirs cannot renew it, and a broker that reads `crl.file`, which "
             "has one list for each CA, refuses the device.",
     .unset = "none",
     .rule = rules::certificates},
    {.section = "crl",
     .key = "previous_ca_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::crl, &Config::Crl::previous_ca_key_file>,
     .help = "Their private keys, PEM, not encrypted, in any order. They sign only those lists.",
     .unset = "none"},

    {.section = "limits",
     .key = "batch_max",
     .kind = Kind::number,
     .field = at<&Config::limits, &Config::Limits::batch_max>,
     .help = "Number of waiting requests that a worker takes at a time, at most.",
     .least = 1,
     .most = 1000},
    {.section = "limits",
     .key = "inbox_bytes",
     .kind = Kind::number,
     .field = at<&Config::limits, &Config::Limits::inbox_bytes>,
     .help = "Memory for waiting requests, for all workers together. Devices whose requests do not fit are "
             "told to ask again later.",
     .least = mebibyte,
     .most = 4096 * mebibyte},

    {.section = "http",
     .key = "listen",
     .kind = Kind::text,
     .field = at<&Config::http, &Config::Http::listen>,
     .help = "IP address and port of the fleet page (`/`), `/livez`, `/readyz` and `/metrics`, or `off`. "
             "There is no TLS, and only the page needs a login: use an address other than loopback only on a "
             "trusted network.",
     .rule = rules::listen_address},
    {.section = "http",
     .key = "token_file",
     .kind = Kind::secret_file,
     .field = at<&Config::http, &Config::Http::token_file>,
     .help = "File with the token for the fleet page: a client sends it as a Bearer token, or as the "
             "password when the browser asks (with any user name). One line, at least 16 characters.",
     .unset = "the page is served on a loopback address only, without a login",
     .rule = rules::page_token},

    {.section = "log",
     .key = "level",
     .kind = Kind::text,
     .field = at<&Config::log, &Config::Log::level>,
     .help =
         "`debug`, `info`, `warning` or `error`: messages of this level and of more severe ones are logged.",
     .rule = rules::log_level},
    {.section = "log",
     .key = "format",
     .kind = Kind::text,
     .field = at<&Config::log, &Config::Log::format>,
     .help = "`json`: one object a line. `text`: for people.",
     .unset = "`text` on a terminal, else `json`",
     .rule = rules::log_format},
});

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return upper;
}

std::string in_quotes(std::string_view text) {
  std::string toml = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') toml += '\\';
    toml += c;
  }
  return toml + '"';
}

struct ToToml {
  Config& config;
  std::optional<std::string> operator()(TextField field) const { return in_quotes(field(config)); }
  std::optional<std::string> operator()(OptionalTextField field) const {
    const auto& value = field(config);
    return value ? std::optional(in_quotes(*value)) : std::nullopt;
  }
  std::optional<std::string> operator()(IntegerField field) const { return std::to_string(field(config)); }
  std::optional<std::string> operator()(BooleanField field) const { return field(config) ? "true" : "false"; }
};

}  // namespace

std::span<const Option> options() {
  return table;
}

const Option* find_option(std::string_view section, std::string_view key) {
  const auto is_it = [&](const Option& option) { return option.section == section && option.key == key; };
  const auto found = std::ranges::find_if(table, is_it);
  return found == table.end() ? nullptr : &*found;
}

std::string full_name(const Option& option) {
  return std::string(option.section) + "." + std::string(option.key);
}

std::string variable_of(const Option& option) {
  return "LATCHKEY_" + upper_case(option.section) + "_" + upper_case(option.key);
}

std::optional<std::string> value_as_toml(const Option& option, Config& config) {
  return std::visit(ToToml{config}, option.field);
}

}  // namespace latchkey::service
