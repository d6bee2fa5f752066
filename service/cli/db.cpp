#include "service/cli/db.hpp"

#include "registry/migration.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

using registry::MigrationStatus;
using Migrations = std::vector<MigrationStatus>;

struct Flags {
  DatabaseFlags database;
  bool json = false;
  bool print = false;
};

std::string_view state_of(const MigrationStatus& file) {
  if (file.edited) return "edited";
  return file.applied ? "applied" : "pending";
}

std::string_view kind_of(const MigrationStatus& file) {
  return file.kind == MigrationStatus::Kind::schema ? "schema" : "code";
}

void print_json(const Migrations& files) {
  auto list = nlohmann::json::array();
  for (const auto& file : files)
    list.push_back(
        {{"kind", std::string(kind_of(file))}, {"name", file.name}, {"state", std::string(state_of(file))}});
  std::cout << json_text(list) << '\n';
}

/// There are many files of code, mostly all applied: one line sums those up.
void print_text(const Migrations& files, std::ostream& out) {
  std::size_t code_applied = 0;
  for (const auto& file : files)
    if (file.kind == MigrationStatus::Kind::code && file.applied)
      ++code_applied;
    else
      out << kind_of(file) << ' ' << file.name << ": " << state_of(file) << '\n';
  if (code_applied > 0) out << "code, " << code_applied << " functions, views and triggers: applied\n";
}

Result<Migrations> apply(const Flags& flags) {
  const auto database = find_database(flags.database, owner_variable);
  if (!database) return std::unexpected(database.error());
  auto applied = registry::migrate(*database);
  if (!applied) return fail(applied.error(), owners_login);
  return *std::move(applied);
}

Result<Migrations> read_status(const Flags& flags) {
  const auto database = find_database(flags.database, owner_variable);
  if (!database) return std::unexpected(database.error());
  auto found = registry::migration_status(*database);
  if (!found) return fail(found.error(), owners_login);
  return *std::move(found);
}

int run_migrate(const Flags& flags) {
  if (flags.print) {
    std::cout << registry::migration_script();
    return exit_code::ok;
  }
  const auto applied = apply(flags);
  if (!applied) return report(applied.error(), flags.json);
  if (flags.json) print_json(*applied);
  print_text(*applied, std::cerr);
  say(applied->empty() ? "the registry was up to date already" : "the registry is up to date");
  return exit_code::ok;
}

int run_status(const Flags& flags) {
  const auto found = read_status(flags);
  if (!found) return report(found.error(), flags.json);
  flags.json ? print_json(*found) : print_text(*found, std::cout);
  const auto is_current = [](const MigrationStatus& file) { return file.applied && !file.edited; };
  return std::ranges::all_of(*found, is_current) ? exit_code::ok : exit_code::negative;
}

constexpr const char* migrate_help =
    "Bring the registry up to date: apply each missing schema file in a transaction of its own, then\n"
    "recreate all functions, views and triggers in one transaction. It is safe to repeat, to run on\n"
    "several machines at once, and to run while services work. The login must own the database and\n"
    "have the right to create roles.";
constexpr const char* migrate_footer =
    "Examples:\n"
    "  LATCHKEY_OWNER_DB_URL=postgresql://owner@db.example/latchkey latchkey db migrate\n"
    "  latchkey db migrate --print > registry.sql    for psql -X -q -f registry.sql\n"
    "\n"
    "Exit codes: 0 up to date, 65 refused (for example: an applied schema file was edited), 69 no\n"
    "database, 77 the login lacks a right.";
constexpr const char* status_help =
    "List the schema files of this program as applied, pending, or edited (the registry has it with\n"
    "another text). List as pending the functions, views and triggers that are missing in the\n"
    "registry or have another text there.";
constexpr const char* status_footer =
    "Exit codes: 0 all are applied, 1 some are pending or edited, 69 no database, 77 the login lacks\n"
    "a right.";

struct Verb {
  const char* name;
  const char* help;
  const char* footer;
  int (*act)(const Flags& flags);
  bool prints = false;  ///< has the flag --print
};

void add_verb(Command& db, const Verb& verb) {
  auto command = db.add(verb.name, verb.help);
  const auto flags = std::make_shared<Flags>();
  add_database_flag(command, flags->database.url, owner_variable);
  add_config_flag(command, flags->database.config_file);
  command.flag("--json", flags->json, "Print a JSON array on stdout");
  if (verb.prints)
    command.flag("--print", flags->print, "Print a script for psql instead; needs no database");
  command.footer(verb.footer);
  command.does([flags, act = verb.act] { return act(*flags); });
}

}  // namespace

void add_db_commands(Command& root) {
  auto db = root.add("db", "The registry in PostgreSQL: its schema, and the master key of its secrets");
  add_verb(db, {"migrate", migrate_help, migrate_footer, run_migrate, true});
  add_verb(db, {"status", status_help, status_footer, run_status});
  add_reseal(db);
}

}  // namespace latchkey::cli
