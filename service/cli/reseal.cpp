#include "registry/tools.hpp"
#include "service/cli/db.hpp"
#include "service/cli/flags.hpp"
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
    if (unopened++ < most_named) say("the key of " + purpose + " does not open: " + key.error().what);
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
        " live passwords were derived from another one: until those devices have new ones, only it gives a\n"
        "password again to a device that repeats its request");
  if (resealed.complete()) say("previous_master_key_file is not needed any more");
}

int run_reseal(const Flags& flags) {
  const auto resealed = reseal(flags);
  if (!resealed) return report(resealed.error());
  print_result(*resealed);
  const nlohmann::json object{{"resealed", resealed->keys},
                              {"keys_left", resealed->left.keys},
                              {"passwords_left", resealed->left.passwords}};
  if (flags.json) std::cout << object.dump() << '\n';
  return resealed->complete() ? exit_code::ok : exit_code::negative;
}

constexpr const char* help =
    "Seal all keys in the registry anew under secrets.master_key_file. What was sealed under\n"
    "secrets.previous_master_key_file opens by it. A thousand keys a transaction: safe to interrupt and to\n"
    "repeat, while the service runs. Needs the owner's login and the service's master keys.";
constexpr const char* footer =
    "To change the master key: make a new one, put both into the configuration of every replica and\n"
    "restart them; `latchkey db reseal` on one machine; when it ends with 0, take\n"
    "previous_master_key_file out everywhere and restart again.\n"
    "\n"
    "Exit codes: 0 nothing depends on another master key, 1 something does, 69 no database, 77 the login\n"
    "may not, 78 wrong configuration.";

}  // namespace

void add_reseal(Command& db) {
  auto command = db.add("reseal", help);
  const auto flags = std::make_shared<Flags>();
  add_database_flag(command, flags->database.url, owner_variable);
  add_config_flag(command, flags->database.config_file);
  command.flag("--dry-run", flags->dry_run, "Only count what is under another master key");
  command.flag("--json", flags->json, "A JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return run_reseal(*flags); });
}

}  // namespace latchkey::cli
