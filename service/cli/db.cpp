#include "service/cli/db.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

using Migrations = std::vector<registry::MigrationStatus>;

struct Flags {
  DatabaseFlags database;
  bool json = false;
};

std::string_view state_of(const registry::MigrationStatus& migration) {
  if (migration.edited) return "edited";
  return migration.applied ? "applied" : "pending";
}

void print_json(const Migrations& migrations) {
  auto list = nlohmann::json::array();
  for (const auto& migration : migrations)
    list.push_back({{"version", migration.version},
                    {"name", migration.name},
                    {"state", std::string(state_of(migration))}});
  std::cout << list.dump() << '\n';
}

void print_text(const Migrations& migrations, std::ostream& out) {
  for (const auto& migration : migrations)
    out << migration.version << '_' << migration.name << ": " << state_of(migration) << '\n';
}

Result<Migrations> apply(const Flags& flags) {
  const auto database = find_database(flags.database, owner_variable);
  if (!database) return std::unexpected(database.error());
  auto applied = registry::migrate(*database);
  if (!applied) return fail(applied.error());
  return *std::move(applied);
}

Result<Migrations> look(const Flags& flags) {
  const auto database = find_database(flags.database, owner_variable);
  if (!database) return std::unexpected(database.error());
  auto found = registry::migration_status(*database);
  if (!found) return fail(found.error());
  return *std::move(found);
}

int run_migrate(const Flags& flags) {
  const auto applied = apply(flags);
  if (!applied) return report(applied.error());
  if (flags.json) print_json(*applied);
  print_text(*applied, std::cerr);
  say(applied->empty() ? "the schema is up to date, nothing was to be done" : "the schema is up to date");
  return exit_code::ok;
}

int run_status(const Flags& flags) {
  const auto found = look(flags);
  if (!found) return report(found.error());
  flags.json ? print_json(*found) : print_text(*found, std::cout);
  const auto is_current = [](const auto& migration) { return migration.applied && !migration.edited; };
  return std::ranges::all_of(*found, is_current) ? exit_code::ok : exit_code::negative;
}

constexpr const char* migrate_help =
    "Bring the registry's schema up to date: apply the migrations that are missing, in order, each\n"
    "in a transaction. Safe to repeat, and to run on several machines at once. The login must own\n"
    "the database and be allowed to create roles.";
constexpr const char* migrate_footer =
    "Example:\n"
    "  LATCHKEY_OWNER_DB_URL=postgresql://owner@db.example/latchkey latchkey db migrate\n"
    "\n"
    "Exit codes: 0 up to date, 65 refused (for example: an applied migration was edited), 69 no\n"
    "database, 77 the login may not.";
constexpr const char* status_help =
    "List the migrations that this program carries: applied, pending, or edited (applied with\n"
    "another text).";
constexpr const char* status_footer =
    "Exit codes: 0 all are applied, 1 some are pending or edited, 69 no database, 77 the login\n"
    "may not look.";

struct Verb {
  const char* name;
  const char* help;
  const char* footer;
  int (*act)(const Flags& flags);
};

void add_verb(CLI::App& db, const Verb& verb, std::function<int()>& run) {
  auto* const command = db.add_subcommand(verb.name, verb.help);
  const auto flags = std::make_shared<Flags>();
  add_database_flag(*command, flags->database.url, owner_variable);
  add_config_flag(*command, flags->database.config_file);
  command->add_flag("--json", flags->json, "A JSON array on stdout");
  command->footer(verb.footer);
  command->callback([flags, act = verb.act, &run] { run = [flags, act] { return act(*flags); }; });
}

}  // namespace

void add_db_commands(CLI::App& root, std::function<int()>& run) {
  auto* const db =
      root.add_subcommand("db", "The registry in PostgreSQL: its schema, and the master key of its secrets");
  db->require_subcommand(1);
  add_verb(*db, {"migrate", migrate_help, migrate_footer, run_migrate}, run);
  add_verb(*db, {"status", status_help, status_footer, run_status}, run);
  add_reseal(*db, run);
}

}  // namespace latchkey::cli
