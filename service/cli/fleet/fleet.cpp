#include "service/cli/fleet/fleet.hpp"

#include <iostream>

namespace latchkey::cli {
namespace {

using registry::Table;

Result<void> show_json(registry::OperatorSession& session, const std::string& name,
                       const std::vector<Part>& parts, const Failure& missing) {
  std::string object;
  for (const Part& part : parts) {
    const auto table = ask(session, part.sql, {name});
    if (!table) return std::unexpected(table.error());
    if (object.empty() && table->rows.empty()) return std::unexpected(missing);
    const auto value = !part.one             ? json_array(*table)
                       : table->rows.empty() ? "null"
                                             : json_object(*table, table->rows.front());
    object.append(object.empty() ? "{" : ",\n").append(json_string(part.name)).append(": ").append(value);
  }
  std::cout << object << "}\n";
  return {};
}

void print(const Part& part, const Table& table, bool first) {
  if (table.rows.empty()) return;
  std::cout << (first ? "" : "\n") << part.name << '\n';
  if (part.one) return write_record(std::cout, table, table.rows.front());
  Output output(std::cout, Format::table, terminal_width());
  output.add(table);
  output.end();
}

Result<void> show_text(registry::OperatorSession& session, const std::string& name,
                       const std::vector<Part>& parts, const Failure& missing) {
  bool first = true;
  for (const Part& part : parts) {
    const auto table = ask(session, part.sql, {name});
    if (!table) return std::unexpected(table.error());
    if (first && table->rows.empty()) return std::unexpected(missing);
    print(part, *table, first);
    first = false;
  }
  return {};
}

}  // namespace

void add_fleet_flags(Command& command, FleetFlags& flags) {
  add_database_flag(command, flags.database.url, std::string(operators_login.variable));
  add_config_flag(command, flags.database.config_file);
  command.flag("--json", flags.json, "Print JSON on stdout");
}

void add_reason_flag(Command& command, std::string& reason) {
  command.value("--reason", reason, "Why, for example 'stolen, ticket 4711'; registry.events keeps it",
                {.metavar = "TEXT", .required = true});
}

void add_format_flag(Command& command, std::string& format) {
  command.value("--format", format, "How to print the rows: table (the default), json or csv",
                {.metavar = "WORD", .one_of = {"table", "json", "csv"}});
}

Format format_of(const FleetFlags& flags, const std::string& format) {
  if (flags.json || format == "json") return Format::json;
  return format == "csv" ? Format::csv : Format::table;
}

Result<registry::OperatorSession> open_session(const FleetFlags& flags) {
  const auto database = find_database(flags.database, std::string(operators_login.variable));
  if (!database) return std::unexpected(database.error());
  auto session = registry::OperatorSession::open(*database);
  if (!session) return fail(session.error(), operators_login);
  return *std::move(session);
}

Result<Table> ask(registry::OperatorSession& session, const std::string& sql, const Table::Row& values) {
  auto table = session.run(sql, values);
  if (!table) return fail(table.error(), operators_login);
  return *std::move(table);
}

int run_act(const FleetFlags& flags, const std::string& sql, const Table::Row& values) {
  auto session = open_session(flags);
  if (!session) return report(session.error(), flags.json);
  const auto done = ask(*session, sql, values);
  if (!done) return report(done.error(), flags.json);
  for (const auto& row : done->rows)
    flags.json ? void(std::cout << json_object(*done, row) << '\n') : write_record(std::cout, *done, row);
  return exit_code::ok;
}

int run_list(const FleetFlags& flags, Format format, const std::string& sql, const Table::Row& values) {
  const bool json = format == Format::json;
  auto session = open_session(flags);
  if (!session) return report(session.error(), json);
  const auto table = ask(*session, sql, values);
  if (!table) return report(table.error(), json);
  Output output(std::cout, format, terminal_width());
  output.add(*table);
  output.end();
  return exit_code::ok;
}

int run_show(const FleetFlags& flags, const std::string& name, const std::vector<Part>& parts,
             const Failure& missing) {
  auto session = open_session(flags);
  if (!session) return report(session.error(), flags.json);
  const auto shown =
      flags.json ? show_json(*session, name, parts, missing) : show_text(*session, name, parts, missing);
  return exit_code_of(shown, flags.json);
}

}  // namespace latchkey::cli
