#include "registry/tools.hpp"
#include "service/cli/enroll.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

// Commands for keys of existing enrolments: seal for SQL, roll, retire.
namespace latchkey::cli {
namespace {

constexpr const char* variable = "LATCHKEY_DB_URL";

struct SealFlags {
  std::string group;
  std::string device;
  MaterialFlags material;
  std::string config_file;
};

struct RollFlags {
  std::string group;
  MaterialFlags material;
  DatabaseFlags database;
  bool json = false;
};

struct RetireFlags {
  std::string group;
  DatabaseFlags database;
  bool force = false;
  bool json = false;
};

Result<void> do_seal(const SealFlags& flags) {
  if (flags.group.empty() == flags.device.empty())
    return fail(exit_code::usage, "the owner of the key is missing", "give one of --group, --device");
  const bool of_group = flags.device.empty();
  const std::string& name = of_group ? flags.group : flags.device;
  if (auto named = check_name(name, of_group ? "group name" : "device id"); !named) return named;
  const auto material = find_material(flags.material, flags.config_file);
  if (!material) return std::unexpected(material.error());
  const auto sealed = for_registry(*material, (of_group ? "group:" : "device:") + name, flags.config_file);
  if (!sealed) return std::unexpected(sealed.error());
  auto file = GeneratedFile::create(*material);
  if (!file) return std::unexpected(file.error());
  file->keep();
  std::cout << "\\x" << crypto::to_hex(*sealed) << '\n';
  return {};
}

Result<void> do_roll(const RollFlags& flags) {
  if (auto named = check_name(flags.group, "group name"); !named) return named;
  const auto& config_file = flags.database.config_file;
  const auto material = find_material(flags.material, config_file);
  if (!material) return std::unexpected(material.error());
  const auto kept = for_registry(*material, "group:" + flags.group, config_file);
  if (!kept) return std::unexpected(kept.error());
  const auto database = find_database(flags.database, variable);
  if (!database) return std::unexpected(database.error());
  auto file = GeneratedFile::create(*material);
  if (!file) return std::unexpected(file.error());
  const std::string proof(material->proof);
  const auto rolled = registry::roll_group_key(*database, flags.group, proof, *kept);
  if (!rolled) return fail(rolled.error(), operators_login);
  file->keep();
  const bool is_ca = proof == "x509";
  say("group " + flags.group + " has a new " + (is_ca ? "CA" : "key") +
      "; the previous one stays valid until `latchkey enroll retire-key " + flags.group + "`");
  if (!flags.json) return {};
  nlohmann::json object{{"group", flags.group}, {"proof", proof}};
  if (!material->file_to_create.empty()) object["key_file"] = material->file_to_create;
  std::cout << json_text(object) << '\n';
  return {};
}

int do_retire(const RetireFlags& flags) {
  const auto database = find_database(flags.database, variable);
  if (!database) return report(database.error(), flags.json);
  const auto left_behind = registry::retire_group_key(*database, flags.group, flags.force);
  if (!left_behind) return report(fail(left_behind.error(), operators_login).error(), flags.json);
  const bool retired = *left_behind == 0 || flags.force;
  if (*left_behind != 0)
    say(std::to_string(*left_behind) + " devices of group " + flags.group +
        " have a credential from before the new key: once the old key is retired they get no configurations "
        "until they provision or renew");
  say(retired ? "the older key of group " + flags.group + " is retired"
              : "the key was not retired; --force retires it nevertheless");
  if (flags.json)
    std::cout << json_text({{"group", flags.group}, {"retired", retired}, {"left_behind", *left_behind}})
              << '\n';
  return retired ? exit_code::ok : exit_code::negative;
}

constexpr const char* seal_help =
    "Seal a key under the master key and print it as an argument for registry.roll_group_key,\n"
    "enroll_group or enroll_device in psql. The sealed key is valid for this group or device only.";
constexpr const char* seal_footer =
    "Example:\n"
    "  sealed=$(latchkey enroll seal-key --group meters --generate-key meters-2.key)\n"
    "  psql -c \"SELECT registry.roll_group_key('meters', '$sealed')\"\n"
    "\n"
    "Exit codes: 0 printed, 64 wrong flags, 65 unusable file, 78 wrong configuration.";

void add_seal(Command& enroll) {
  auto command = enroll.add("seal-key", seal_help);
  const auto flags = std::make_shared<SealFlags>();
  command.value("--group", flags->group, "Group for which the key is sealed", {.metavar = "NAME"});
  command.value("--device", flags->device, "Device for which the key is sealed", {.metavar = "ID"});
  add_material_flags(command, flags->material, MaterialOf::key, "group or device");
  add_config_flag(command, flags->config_file);
  command.footer(seal_footer);
  command.does([flags] { return exit_code_of(do_seal(*flags), false); });
}

constexpr const char* roll_help =
    "Give a group a new key or CA. The previous one stays valid until `enroll retire-key`, so that devices\n"
    "can be changed one by one. A group has at most two.";
constexpr const char* roll_footer =
    "Examples:\n"
    "  latchkey enroll roll-key meters --generate-key meters-2.key\n"
    "  latchkey enroll roll-key pumps --ca-file factory-ca-2.pem\n"
    "\n"
    "Exit codes: 0 rolled, 64 wrong flags, 65 unusable file or refused by the registry, 69 no database,\n"
    "77 the login lacks a right, 78 wrong configuration.";

void add_roll(Command& enroll) {
  auto command = enroll.add("roll-key", roll_help);
  const auto flags = std::make_shared<RollFlags>();
  command.value("NAME", flags->group, "The group", {.required = true});
  add_material_flags(command, flags->material, MaterialOf::group_key, "group");
  add_database_flag(command, flags->database.url, variable);
  add_config_flag(command, flags->database.config_file);
  command.flag("--json", flags->json, "A JSON object on stdout");
  command.footer(roll_footer);
  command.does([flags] { return exit_code_of(do_roll(*flags), flags->json); });
}

constexpr const char* retire_help =
    "Retire the older of a group's two keys or CAs. Devices that still use it are refused. A device whose\n"
    "credential was issued under a symmetric key gets its configurations signed under that key; if such\n"
    "devices exist, the command changes nothing without --force.";
constexpr const char* retire_footer =
    "Exit codes: 0 retired, 1 not retired because devices depend on it, 64 wrong flags, 65 refused by the\n"
    "registry, 69 no database, 77 the login lacks a right.";

void add_retire(Command& enroll) {
  auto command = enroll.add("retire-key", retire_help);
  const auto flags = std::make_shared<RetireFlags>();
  command.value("NAME", flags->group, "The group", {.required = true});
  command.flag("--force", flags->force, "Retire it even if devices depend on it");
  add_database_flag(command, flags->database.url, variable);
  add_config_flag(command, flags->database.config_file);
  command.flag("--json", flags->json, "A JSON object on stdout");
  command.footer(retire_footer);
  command.does([flags] { return do_retire(*flags); });
}

}  // namespace

void add_key_verbs(Command& enroll) {
  add_seal(enroll);
  add_roll(enroll);
  add_retire(enroll);
}

}  // namespace latchkey::cli
