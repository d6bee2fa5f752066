#include "registry/tools.hpp"
#include "service/cli/db.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/cli/material.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace latchkey::cli {
namespace {

// How many keys that cannot be opened are listed; the result has the number of all.
constexpr std::size_t most_named = 10;
constexpr std::int64_t say_every = 100000;

struct Flags {
  DatabaseFlags database;
  bool dry_run = false;
  bool json = false;
};

struct Resealed {
  std::int64_t keys = 0;
  registry::UnderOthers left;
  [[nodiscard]] bool complete() const { return left.keys == 0 && left.passwords == 0; }
};

/// Opens keys with the previous master key and seals them under the new one; lists keys that cannot be
/// opened.
registry::Resealer resealer_of(const service::MasterKey& master, std::size_t& unopened) {
  return [&master, &unopened](const std::string& purpose, crypto::ByteView sealed) {
    const auto key = master.open(purpose, sealed);
    if (key) return std::optional(master.seal(purpose, key->view()));
    if (unopened++ < most_named) say("the key of " + purpose + " cannot be opened: " + key.error().what);
    return std::optional<crypto::Bytes>();
  };
}

Result<Resealed> reseal(const Flags& flags) {
  const auto master = find_master_key(flags.database.config_file);
  if (!master) return std::unexpected(master.error());
  const auto database = find_database(flags.database, owner_variable);
  if (!database) return std::unexpected(database.error());
  Resealed resealed;
  std::size_t unopened = 0;
  const auto progress = [&](std::int64_t keys) {
    if (keys / say_every > resealed.keys / say_every) say(std::to_string(keys) + " keys resealed so far");
    resealed.keys = keys;
  };
  if (!flags.dry_run) {
    const auto done =
        registry::reseal_keys(*database, master->id(), resealer_of(*master, unopened), progress);
    if (!done) return fail(done.error(), owners_login);
  }
  const auto left = registry::under_other_master_keys(*database, master->id());
  if (!left) return fail(left.error(), owners_login);
  resealed.left = *left;
  return resealed;
}

void print_result(const Resealed& resealed) {
  say(std::to_string(resealed.keys) + " keys resealed, " + std::to_string(resealed.left.keys) +
      " are sealed under another master key");
  if (resealed.left.passwords != 0)
    say(std::to_string(resealed.left.passwords) +
        " live passwords were derived from another master key: keep it until those devices have new ones;\n"
        "without it a device that repeats its request does not get its password again");
  if (resealed.complete()) say("previous_master_key_file is no longer needed");
}

int run_reseal(const Flags& flags) {
  const auto resealed = reseal(flags);
  if (!resealed) return report(resealed.error(), flags.json);
  print_result(*resealed);
  const nlohmann::json object{{"resealed", resealed->keys},
                              {"keys_left", resealed->left.keys},
                              {"passwords_left", resealed->left.passwords}};
  if (flags.json) std::cout << json_text(object) << '\n';
  return resealed->complete() ? exit_code::ok : exit_code::negative;
}

constexpr const char* help =
    "Seal all keys in the registry under secrets.master_key_file. Keys that are sealed under\n"
    "secrets.previous_master_key_file are opened with it first. Works in transactions of a thousand keys:\n"
    "it is safe to interrupt and to repeat, while the service runs. Needs the owner's login and the\n"
    "service's master keys.";
constexpr const char* footer =
    "To change the master key: generate a new one, put both into the configuration of every replica and\n"
    "restart the replicas; run `latchkey db reseal` on one machine; when it exits with 0, remove\n"
    "previous_master_key_file from every configuration and restart again.\n"
    "\n"
    "Exit codes: 0 nothing depends on another master key, 1 keys or passwords do, 69 no database, 77 the\n"
    "login lacks a right, 78 wrong configuration.";

}  // namespace

void add_reseal(Command& db) {
  auto command = db.add("reseal", help);
  const auto flags = std::make_shared<Flags>();
  add_database_flag(command, flags->database.url, owner_variable);
  add_config_flag(command, flags->database.config_file);
  command.flag("--dry-run", flags->dry_run,
               "Only count the keys and passwords that depend on another master key");
  command.flag("--json", flags->json, "Print a JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return run_reseal(*flags); });
}

}  // namespace latchkey::cli
