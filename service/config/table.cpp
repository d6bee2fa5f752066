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
     .help = "Where the registry is: `postgresql://user@host:5432/database`, or `key=value` pairs, with "
             "everything "
             "that libpq takes (`sslmode`, `sslrootcert` ...), but no password.",
     .required = true,
     .rule = rules::database_url},
    {.section = "database",
     .key = "password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::database, &Config::Database::password_file>,
     .help = "The password of that login, one line.",
     .unset = "none, or what libpq finds by itself",
     .rule = rules::one_line},
    {.section = "database",
     .key = "workers",
     .kind = Kind::number,
     .field = at<&Config::database, &Config::Database::workers>,
     .help = "Requests are worked on by this many threads, each with a connection of its own.",
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
     .help = "The client id of the service. It must hold a character that no device id has, such as `@`: "
             "else a device "
             "of that name would take over the connection. Two replicas need two.",
     .unset = "made at random",
     .rule = rules::no_device_id},
    {.section = "mqtt",
     .key = "username",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::username>,
     .help = "The broker account of the service, for example `@service`. It must hold a character that no "
             "device id has: "
             "else a device of that name would get the account's rights.",
     .rule = rules::no_device_id},
    {.section = "mqtt",
     .key = "password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::mqtt, &Config::Mqtt::password_file>,
     .help = "The password of that account, one line.",
     .rule = rules::one_line},
    {.section = "mqtt",
     .key = "ca_file",
     .kind = Kind::file,
     .field = at<&Config::mqtt, &Config::Mqtt::ca_file>,
     .help = "The CA of the broker's certificate, PEM. Required with `mqtts://`; the host name is always "
             "verified.",
     .rule = rules::certificates},
    {.section = "mqtt",
     .key = "certificate_file",
     .kind = Kind::file,
     .field = at<&Config::mqtt, &Config::Mqtt::certificate_file>,
     .help =
         "A client certificate for the broker, PEM, with `key_file`. Its common name must be no device id.",
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
     .help = "The name of the shared subscription, by which replicas divide the requests. It should be hard "
             "to guess, "
             "because whoever joins it swallows requests. `\"\"`: no shared subscription, for one replica or "
             "a broker without "
             "them. Needs version 5; with 3.1.1 there is none.",
     .unset = "derived from the master key, the same on every replica",
     .rule = rules::share_group},
    {.section = "mqtt",
     .key = "provisioning_root",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::provisioning_root>,
     .help = "Where the topics of requests and answers begin.",
     .rule = rules::topic_root},
    {.section = "mqtt",
     .key = "devices_root",
     .kind = Kind::text,
     .field = at<&Config::mqtt, &Config::Mqtt::devices_root>,
     .help = "Where the topics of statuses and configurations begin.",
     .rule = rules::topic_root},

    {.section = "pki",
     .key = "device_ca_file",
     .kind = Kind::file,
     .field = at<&Config::pki, &Config::Pki::device_ca_file>,
     .help = "The CA that signs device certificates, PEM; if it is no root, the CAs above it may follow. It "
             "must have "
             "nothing to do with the CA of the signing certificate.",
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
             "sealed under it: "
             "without it they are lost.",
     .required = true,
     .rule = rules::master_key},
    {.section = "secrets",
     .key = "previous_master_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::secrets, &Config::Secrets::previous_master_key_file>,
     .help = "The master key before this one, while it is rotated: what is sealed under it still opens, and "
             "passwords that were derived from it can still be given again. `latchkey db reseal` says when "
             "it can "
             "go.",
     .unset = "none",
     .rule = rules::master_key},

    {.section = "connection",
     .key = "host",
     .kind = Kind::text,
     .field = at<&Config::connection, &Config::Connection::host>,
     .help = "Where provisioned devices connect: what answers tell them.",
     .required = true,
     .rule = rules::host},
    {.section = "connection",
     .key = "port",
     .kind = Kind::number,
     .field = at<&Config::connection, &Config::Connection::port>,
     .help = "The port there.",
     .least = 1,
     .most = 65535},
    {.section = "connection",
     .key = "password_port",
     .kind = Kind::number,
     .field = at<&Config::connection, &Config::Connection::password_port>,
     .help = "The port for devices with a password, where those with a certificate have one that asks for it "
             "(Mosquitto); 0: the same for both.",
     .least = 0,
     .most = 65535},
    {.section = "connection",
     .key = "tls",
     .kind = Kind::flag,
     .field = at<&Config::connection, &Config::Connection::tls>,
     .help = "Whether they connect by TLS."},
    {.section = "connection",
     .key = "ca_file",
     .kind = Kind::file,
     .field = at<&Config::connection, &Config::Connection::ca_file>,
     .help = "The anchors that answers give to devices instead of those they have, PEM. One of them must be "
             "the issuer of "
             "the signing certificate.",
     .unset = "devices keep their anchors",
     .rule = rules::certificates},

    {.section = "broker_access",
     .key = "mode",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::mode>,
     .help = "How the broker learns of passwords and of devices that are to be kept out (docs/deploy.md): "
             "`dynamic-security`: the service tells Mosquitto's plugin of this name; `database`: the broker "
             "looks "
             "into the registry (`registry.mqtt_user`, `registry.mqtt_acl`); `none`: it does not, and "
             "passwords are "
             "given to nobody.",
     .rule = rules::access_mode},
    {.section = "broker_access",
     .key = "username",
     .kind = Kind::text,
     .field = at<&Config::broker_access, &Config::BrokerAccess::username>,
     .help =
         "With `dynamic-security`: the account that may write to `$CONTROL/dynamic-security/v1`, for "
         "example `@admin`. It must hold a character that no device id has: else a device of that name would "
         "command the broker.",
     .rule = rules::no_device_id},
    {.section = "broker_access",
     .key = "password_file",
     .kind = Kind::secret_file,
     .field = at<&Config::broker_access, &Config::BrokerAccess::password_file>,
     .help = "The password of that account, one line. Broker, TLS and MQTT version are those of `mqtt`.",
     .rule = rules::one_line},

    {.section = "crl",
     .key = "file",
     .kind = Kind::text,
     .field = at<&Config::crl, &Config::Crl::file>,
     .help = "Where the list of revoked certificates is kept, PEM, for a broker that reads one. Its folder "
             "must be "
             "writable. A path that counts from the root.",
     .unset = "none is written",
     .rule = rules::absolute_path},
    {.section = "crl",
     .key = "lifetime_h",
     .kind = Kind::number,
     .field = at<&Config::crl, &Config::Crl::lifetime_h>,
     .help =
         "Hours until a list expires, which locks every device out; it is renewed at a third of this, so two "
         "thirds are left to notice that it was not.",
     .least = 1,
     .most = 8760},
    {.section = "crl",
     .key = "reload_command",
     .kind = Kind::text,
     .field = at<&Config::crl, &Config::Crl::reload_command>,
     .help = "Run after each change of the file, to have the broker read it: a program by its full path and "
             "arguments, separated by spaces; there is no shell. It has 5 s.",
     .rule = rules::absolute_path},
    {.section = "crl",
     .key = "previous_ca_file",
     .kind = Kind::file,
     .field = at<&Config::crl, &Config::Crl::previous_ca_file>,
     .help = "The device CAs before the present one, PEM, for as long as certificates of theirs live. "
             "Without them a device that has a certificate of theirs cannot renew with it; and a broker that "
             "reads crl.file, where each has a list of its own, refuses it.",
     .unset = "none",
     .rule = rules::certificates},
    {.section = "crl",
     .key = "previous_ca_key_file",
     .kind = Kind::secret_file,
     .field = at<&Config::crl, &Config::Crl::previous_ca_key_file>,
     .help = "Their private keys, PEM, not encrypted, in any order: they sign those lists and nothing else.",
     .unset = "none"},

    {.section = "limits",
     .key = "batch_max",
     .kind = Kind::number,
     .field = at<&Config::limits, &Config::Limits::batch_max>,
     .help = "A worker takes at most this many waiting requests at a time.",
     .least = 1,
     .most = 1000},
    {.section = "limits",
     .key = "inbox_bytes",
     .kind = Kind::number,
     .field = at<&Config::limits, &Config::Limits::inbox_bytes>,
     .help = "What may wait in memory, all workers together. Beyond it devices are told to come back.",
     .least = mebibyte,
     .most = 4096 * mebibyte},

    {.section = "http",
     .key = "listen",
     .kind = Kind::text,
     .field = at<&Config::http, &Config::Http::listen>,
     .help =
         "Where the fleet page (`/`), `/livez`, `/readyz` and `/metrics` are served: IP and port, or `off`. "
         "There is no TLS, and only the page knows a login: beyond this machine, only on a network that is "
         "trusted.",
     .rule = rules::listen_address},
    {.section = "http",
     .key = "token_file",
     .kind = Kind::secret_file,
     .field = at<&Config::http, &Config::Http::token_file>,
     .help = "Who shows this token sees the fleet page: as a Bearer token, or as the password that the "
             "browser asks for "
             "(the name does not matter). One line, at least 16 characters.",
     .unset = "the page is shown on a loopback address only, to everybody on this machine",
     .rule = rules::page_token},

    {.section = "log",
     .key = "level",
     .kind = Kind::text,
     .field = at<&Config::log, &Config::Log::level>,
     .help = "`debug`, `info`, `warning` or `error`: this and everything graver is logged.",
     .rule = rules::log_level},
    {.section = "log",
     .key = "format",
     .kind = Kind::text,
     .field = at<&Config::log, &Config::Log::format>,
     .help = "`json`: one object a line; `text`: for reading.",
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
