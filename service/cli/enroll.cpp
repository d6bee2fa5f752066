#include "service/cli/enroll.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/enroll_import.hpp"
#include "service/cli/flags.hpp"

#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

void add_common_flags(Command& command, EnrolmentFlags& flags, MaterialOf what, const std::string& whose) {
  add_material_flags(command, flags.material, what, whose);
  command.value("--device-config", flags.device_config,
                "Configuration of the devices: a JSON object of at most 3 KiB", {.metavar = "JSON"});
  add_config_flag(command, flags.config_file);
  add_database_flag(command, flags.database_url, "LATCHKEY_DB_URL");
  command.flag("--json", flags.json, "Print a JSON object on stdout");
}

constexpr const char* exit_codes =
    "Exit codes: 0 enrolled, 64 wrong flags, 65 unusable file or refused by the registry, 69 no\n"
    "database, 77 the login lacks a right, 78 wrong configuration.";

constexpr const char* group_help =
    "Enrol a group of devices by a key from which each device's key is derived (`latchkey enroll\n"
    "derive-key`), by a token that all of them have, or by the CA that issued their certificates.\n"
    "Devices that are registered already do not change.";
constexpr const char* group_footer =
    "Examples:\n"
    "  latchkey enroll group meters --generate-key meters.key --device-id-pattern 'M-[0-9]{6}'\n"
    "  latchkey enroll group pilot --generate-token pilot.token --max-devices 50 \\\n"
    "    --valid-until 2027-01-01T00:00:00Z --device-config '{\"report_interval_s\": 60}'\n"
    "  latchkey enroll group pumps --ca-file factory-ca.pem --id-from serial_number --admission approval\n"
    "\n";

void add_group_limits(Command& command, GroupFlags& flags) {
  constexpr std::int64_t most_devices = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t ten_years = 315360000;
  command.value("--max-devices", flags.max_devices, "Number of devices that may register (default: no limit)",
                {.metavar = "N", .within = Bounds{0, most_devices}});
  command.value(
      "--device-id-pattern", flags.device_id_pattern,
      "Regular expression (PostgreSQL's, without back-references) that the whole device id must match",
      {.metavar = "RE"});
  command.value("--valid-from", flags.valid_from, "Time from which devices may register",
                {.metavar = "TIME"});
  command.value("--valid-until", flags.valid_until,
                "Time from which no more devices may register, for example 2027-01-01T00:00:00Z",
                {.metavar = "TIME"});
  command.value("--lifetime-s", flags.lifetime_s,
                "Lifetime of an issued certificate in seconds (default: 7776000, 90 days)",
                {.metavar = "N", .within = Bounds{minute, ten_years}});
}

/// Flags about credentials that are not used, not renewed in time, or replaced.
void add_group_ends(Command& command, GroupFlags& flags) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t thirty_days = 2592000;
  constexpr std::int64_t ten_years_in_days = 3650;
  command.value("--unused-life-s", flags.unused_life_s,
                "Seconds after which an unused credential ends (default: 86400, a day)",
                {.metavar = "N", .within = Bounds{minute, thirty_days}});
  command.value("--renewal-grace-days", flags.renewal_grace_days,
                "Days after its end in which a certificate may still be renewed (default: 30)",
                {.metavar = "N", .within = Bounds{0, ten_years_in_days}});
  command.flag("--revoke-retired", flags.revoke_retired,
               "Revoke a certificate (CRL) when a newer one has replaced it");
}

void add_choice(Command& command, const char* name, std::string& value, std::string_view help,
                std::vector<std::string> choices) {
  command.value(name, value, help, {.metavar = "WORD", .one_of = std::move(choices)});
}

void add_group_policy(Command& command, GroupFlags& flags) {
  command.value("--id-from", flags.id_from,
                "With --ca-file: the field of the certificate that has the device id (default: common_name)",
                {.metavar = "WORD", .one_of = {"common_name", "dns_name", "uri", "serial_number"}});
  add_choice(command, "--admission", flags.admission,
             "Which devices with a valid proof may register: all (automatic, the default), those on the\n"
             "allow list (allow_list, see `enroll device --allow`), or those that an operator approves\n"
             "(approval)",
             {"automatic", "allow_list", "approval"});
  add_choice(command, "--reprovisioning", flags.reprovisioning,
             "Whether a registered device gets a new credential when it repeats its first proof: rotate\n"
             "(the default) or deny",
             {"rotate", "deny"});
  command.value("--credential-type", flags.credential_types,
                "Credential that devices may request, x509 or password; repeat for both (default: x509)",
                {.metavar = "WORD", .one_of = {"x509", "password"}});
  add_choice(command, "--sealing", flags.sealing,
             "Which configurations are encrypted for the device: those that it can decrypt (possible, the\n"
             "default), all, so that a device that cannot decrypt them is refused (always), or none (never)",
             {"possible", "always", "never"});
  add_choice(command, "--token-attributes", flags.token_attributes,
             "Attributes of a request with a token, which the broker can edit: only shown (reported, the\n"
             "default), or also filled into configurations (trusted)",
             {"reported", "trusted"});
}

void add_group(Command& enroll) {
  auto command = enroll.add("group", group_help);
  const auto flags = std::make_shared<GroupFlags>();
  command.value("NAME", flags->name, "The group's name, which its devices send as kid", {.required = true});
  add_common_flags(command, flags->common, MaterialOf::group, "group");
  add_group_limits(command, *flags);
  add_group_ends(command, *flags);
  add_group_policy(command, *flags);
  command.footer(group_footer, exit_codes);
  command.does([flags] { return enroll_group(*flags); });
}

constexpr const char* device_help =
    "Enrol one device by a key, certificate or token of its own. This enrolment takes precedence over\n"
    "every group whose proof the device also has. With --allow: put the device on the allow list of its\n"
    "group.";
constexpr const char* device_footer =
    "Examples:\n"
    "  latchkey enroll device 12345 --generate-key 12345.key\n"
    "  latchkey enroll device 12345 --group meters --token-file 12345.token\n"
    "  latchkey enroll device 12345 --public-key-file 12345.pub.pem\n"
    "  latchkey enroll device 12345 --group meters --allow\n"
    "\n";

void add_device(Command& enroll) {
  auto command = enroll.add("device", device_help);
  const auto flags = std::make_shared<DeviceFlags>();
  command.value("ID", flags->id, "The device's id: letters, digits and . _ : -, at most 64",
                {.required = true});
  command.value("--group", flags->group, "Group whose limits and configuration apply to it (default: none)",
                {.metavar = "NAME"});
  add_common_flags(command, flags->common, MaterialOf::device, "device");
  command.footer(device_footer, exit_codes);
  command.does([flags] { return enroll_device(*flags); });
}

constexpr const char* derive_help =
    "Print the key of one device of a group as a base64 line: HMAC-SHA256(group key, device id).\n"
    "Works offline, for example in the factory. Never install the group key itself in a device.";
constexpr const char* derive_footer =
    "Example:\n"
    "  (umask 077; latchkey enroll derive-key M-000001 --group-key-file meters.key > M-000001.key)\n"
    "\n"
    "Exit codes: 0 printed, 64 wrong flags, 65 unusable file.";

void add_derive_key(Command& enroll) {
  auto command = enroll.add("derive-key", derive_help);
  const auto flags = std::make_shared<DeriveFlags>();
  command.value("ID", flags->id, "The device's id", {.required = true});
  command.value("--group-key-file", flags->group_key_file, "The group's key",
                {.metavar = "FILE", .required = true});
  add_config_flag(command, flags->config_file);
  command.footer(derive_footer);
  command.does([flags] { return derive_key(*flags); });
}

}  // namespace

void add_enroll_commands(Command& root) {
  auto enroll = root.add("enroll", "Enrol the groups and devices that may provision");
  add_group(enroll);
  add_device(enroll);
  add_import(enroll);
  add_derive_key(enroll);
  add_key_verbs(enroll);
}

}  // namespace latchkey::cli
