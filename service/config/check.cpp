#include "base/listen_address.hpp"
#include "service/config/reading.hpp"
#include "service/config/rules.hpp"

namespace latchkey::service {
namespace {

const Option& option_of(std::string_view section, std::string_view key) {
  return *find_option(section, key);
}

/// The first error in a file or a text; nothing if it is valid.
std::optional<std::string> fault_of(const Option& option, const std::string& value) {
  if (option.kind != Kind::text) {
    if (auto fault = rules::readable(value)) return fault;
  }
  if (option.kind == Kind::secret_file) {
    if (auto fault = rules::not_for_everybody(value)) return fault;
  }
  return option.rule != nullptr ? option.rule(value) : std::nullopt;
}

void check_text(const Option& option, const std::string& value, Settings& settings) {
  if (value.empty()) {
    if (option.required) settings.complain(option, "is required: " + std::string(option.help));
    return;
  }
  if (const auto fault = fault_of(option, value)) settings.complain(option, *fault);
}

void check_number(const Option& option, std::int64_t value, Settings& settings) {
  if (value >= option.least && value <= option.most) return;
  settings.complain(option, std::to_string(value) + " is out of bounds, allowed is " +
                                std::to_string(option.least) + " to " + std::to_string(option.most));
}

struct Checking {
  const Option& option;
  Settings& settings;
  void operator()(TextField field) const { check_text(option, field(settings.config()), settings); }
  void operator()(OptionalTextField field) const {
    if (const auto& value = field(settings.config())) check_text(option, *value, settings);
  }
  void operator()(IntegerField field) const { check_number(option, field(settings.config()), settings); }
  void operator()(BooleanField) const {}
};

// Rules about more than one option:

void check_tls(Settings& settings) {
  const auto& mqtt = settings.config().mqtt;
  if (mqtt.url.starts_with("mqtts://") && mqtt.ca_file.empty())
    settings.complain(option_of("mqtt", "ca_file"),
                      "is required with mqtts://: the CA that issued the broker's certificate");
  if (mqtt.certificate_file.empty() != mqtt.key_file.empty())
    settings.complain(option_of("mqtt", mqtt.key_file.empty() ? "certificate_file" : "key_file"),
                      "certificate_file and key_file belong together: set both or neither");
}

void check_account(Settings& settings) {
  const auto& mqtt = settings.config().mqtt;
  if (!mqtt.password_file.empty() && mqtt.username.empty())
    settings.complain(option_of("mqtt", "password_file"), "needs mqtt.username");
}

void check_share_group(Settings& settings) {
  auto& mqtt = settings.config().mqtt;
  if (mqtt.version != "3.1.1") return;
  if (!mqtt.share_group) mqtt.share_group = "";
  if (!mqtt.share_group->empty())
    settings.complain(option_of("mqtt", "share_group"),
                      "MQTT 3.1.1 has no shared subscriptions: set it to \"\", or set mqtt.version = \"5\"");
}

void check_broker_access(Settings& settings) {
  const auto& access = settings.config().broker_access;
  if (access.steers() && access.username.empty())
    settings.complain(
        option_of("broker_access", "username"),
        "is required with " + access.mode + ": the account that may send commands to the broker");
  if (!access.password_file.empty() && access.username.empty())
    settings.complain(option_of("broker_access", "password_file"), "needs broker_access.username");
  if (access.bootstrap_username.empty() != access.bootstrap_password_file.empty())
    settings.complain(
        option_of("broker_access",
                  access.bootstrap_username.empty() ? "bootstrap_username" : "bootstrap_password_file"),
        "bootstrap_username and bootstrap_password_file belong together: set both or neither");
  if (access.takes_over() && access.steers())
    settings.complain(option_of("broker_access", "cut"),
                      "is not for " + access.mode + ", whose plugin ends sessions by itself: remove it");
  if (access.takes_over() && access.mode == "none" && settings.config().crl.file.empty())
    settings.complain(option_of("broker_access", "cut"),
                      "needs a broker that keeps blocked devices out, since they connect again at once: set "
                      "broker_access.mode, or crl.file for a broker that reads it");
  const auto address = ListenAddress::parse(access.listen);
  if (access.mode == "http" && address && !address->is_loopback() && access.token_file.empty())
    settings.complain(option_of("broker_access", "listen"),
                      access.listen +
                          " is not a loopback address, so broker_access.token_file is required: otherwise "
                          "everybody who reaches it could try passwords");
}

void check_crl(Settings& settings) {
  const auto& crl = settings.config().crl;
  if (crl.file.empty() && !crl.reload_command.empty())
    settings.complain(option_of("crl", "reload_command"), "needs crl.file");
  if (crl.file.empty() && !crl.previous_ca_key_file.empty())
    settings.complain(option_of("crl", "previous_ca_key_file"), "needs crl.file");
  if (!crl.file.empty() && crl.previous_ca_file.empty() != crl.previous_ca_key_file.empty())
    settings.complain(
        option_of("crl", crl.previous_ca_file.empty() ? "previous_ca_file" : "previous_ca_key_file"),
        "with crl.file, previous_ca_file and previous_ca_key_file belong together: set both or neither");
}

}  // namespace

void check_settings(Settings& settings) {
  for (const Option& option : options()) {
    if (settings.concerns(option.section)) std::visit(Checking{option, settings}, option.field);
  }
  if (!settings.whole()) return;
  check_tls(settings);
  check_account(settings);
  check_share_group(settings);
  check_broker_access(settings);
  check_crl(settings);
}

}  // namespace latchkey::service
