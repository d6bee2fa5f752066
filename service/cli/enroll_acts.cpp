#include "crypto/encoding.hpp"
#include "protocol/configuration.hpp"
#include "protocol/limits.hpp"
#include "protocol/signer.hpp"
#include "service/cli/enroll.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace latchkey::cli {
namespace {

constexpr const char* variable = "LATCHKEY_DB_URL";

/// Checks a device configuration; nothing if there is none.
Result<std::optional<std::string>> read_device_config(const std::optional<std::string>& json) {
  if (!json) return std::nullopt;
  auto checked = protocol::check_config(*json);
  if (!checked) return fail(exit_code::bad_data, "--device-" + checked.error());
  return *std::move(checked);
}

Result<void> check_config_file(const std::string& file) {
  if (!file.starts_with('{')) return {};
  return fail(exit_code::usage, "--config takes the service's configuration file, not JSON",
              "use --device-config for the configuration of the devices");
}

/// Everything that is prepared before anything is written.
struct Prepared {
  std::optional<std::string> device_config;
  Material material;
  crypto::Bytes for_registry;
  registry::ConnectOptions database;
};

Result<Prepared> prepare(const EnrolmentFlags& flags, std::string_view purpose) {
  if (auto file = check_config_file(flags.config_file); !file) return std::unexpected(file.error());
  auto device_config = read_device_config(flags.device_config);
  if (!device_config) return std::unexpected(device_config.error());
  auto material = find_material(flags.material, flags.config_file);
  if (!material) return std::unexpected(std::move(material).error());
  auto kept = for_registry(*material, purpose, flags.config_file);
  if (!kept) return std::unexpected(kept.error());
  auto database = find_database({flags.database_url, flags.config_file}, variable);
  if (!database) return std::unexpected(std::move(database).error());
  return Prepared{*std::move(device_config), *std::move(material), *std::move(kept), *std::move(database)};
}

/// Writes the generated secret's file first: without it an enrolment would be useless. If the registry
/// refuses, the file is removed again.
template <class Enrolment>
Result<void> commit(const Prepared& prepared, const Enrolment& enrolment) {
  auto file = GeneratedFile::create(prepared.material);
  if (!file) return std::unexpected(file.error());
  const auto enrolled = registry::enroll(prepared.database, enrolment);
  if (!enrolled) return fail(enrolled.error(), operators_login);
  file->keep();
  return {};
}

/// Prints the result: on stderr for people, on stdout for programs.
void announce(const std::string& line, const Prepared& prepared, const EnrolmentFlags& flags,
              nlohmann::json object) {
  const auto& file = prepared.material.file_to_create;
  const std::string kind = prepared.material.is_token() ? "token" : "key";
  say(line + ", proof " + std::string(prepared.material.proof) +
      (file.empty() ? "" : "; its " + kind + " is in " + file));
  if (!flags.json) return;
  object["proof"] = std::string(prepared.material.proof);
  if (!file.empty()) object[kind + "_file"] = file;
  std::cout << json_text(object) << '\n';
}

Result<void> do_enroll(const GroupFlags& flags) {
  if (auto named = check_name(flags.name, "group name"); !named) return named;
  const auto prepared = prepare(flags.common, "group:" + flags.name);
  if (!prepared) return std::unexpected(prepared.error());
  const registry::GroupEnrolment enrolment{.name = flags.name,
                                           .proof = std::string(prepared->material.proof),
                                           .material = prepared->for_registry,
                                           .max_devices = flags.max_devices,
                                           .device_id_pattern = flags.device_id_pattern,
                                           .valid_from = flags.valid_from,
                                           .valid_until = flags.valid_until,
                                           .lifetime_s = flags.lifetime_s,
                                           .unused_life_s = flags.unused_life_s,
                                           .renewal_grace_days = flags.renewal_grace_days,
                                           .revoke_retired = flags.revoke_retired,
                                           .config = prepared->device_config,
                                           .id_from = flags.id_from,
                                           .admission = flags.admission,
                                           .reprovisioning = flags.reprovisioning,
                                           .credential_types = flags.credential_types,
                                           .sealing = flags.sealing,
                                           .token_attributes = flags.token_attributes};
  if (auto committed = commit(*prepared, enrolment); !committed) return committed;
  announce("group " + flags.name + " is enrolled", *prepared, flags.common, {{"group", flags.name}});
  return {};
}

Result<void> do_enroll(const DeviceFlags& flags) {
  if (auto named = check_name(flags.id, "device id"); !named) return named;
  if (flags.common.material.allow && !flags.group)
    return fail(exit_code::usage, "--allow needs --group",
                "name the group whose allow list the device goes on");
  const auto prepared = prepare(flags.common, "device:" + flags.id);
  if (!prepared) return std::unexpected(prepared.error());
  const registry::DeviceEnrolment enrolment{.device_id = flags.id,
                                            .group = flags.group,
                                            .proof = std::string(prepared->material.proof),
                                            .material = prepared->for_registry,
                                            .config = prepared->device_config};
  if (auto committed = commit(*prepared, enrolment); !committed) return committed;
  nlohmann::json object{{"device_id", flags.id}, {"group", nullptr}};
  if (flags.group) object["group"] = *flags.group;
  announce("device " + flags.id + " is enrolled", *prepared, flags.common, std::move(object));
  return {};
}

Result<void> do_derive(const DeriveFlags& flags) {
  namespace limits = protocol::limits;
  if (auto named = check_name(flags.id, "device id"); !named) return named;
  const auto group_key =
      crypto::read_key_file(flags.group_key_file, limits::key_min_bytes, limits::key_max_bytes);
  if (!group_key) return fail(exit_code::bad_data, group_key.error().what);
  std::string line = crypto::base64_encode(protocol::device_key(group_key->view(), flags.id).view());
  std::cout << line << '\n' << std::flush;
  crypto::wipe(line);
  return {};
}

}  // namespace

Result<void> check_name(const std::string& name, std::string_view what) {
  if (protocol::DeviceId::parse(name)) return {};
  return fail(exit_code::usage, "\"" + name + "\" is not a valid " + std::string(what),
              protocol::fault_of_id(name));
}

int enroll_group(const GroupFlags& flags) {
  return exit_code_of(do_enroll(flags), flags.common.json);
}

int enroll_device(const DeviceFlags& flags) {
  return exit_code_of(do_enroll(flags), flags.common.json);
}

int derive_key(const DeriveFlags& flags) {
  return exit_code_of(do_derive(flags), false);
}

}  // namespace latchkey::cli
