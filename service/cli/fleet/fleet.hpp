#pragma once

#include "registry/operator_session.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/fleet/output.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

// What the commands for operators share. Each of them calls the views and functions of docs/registry.md by
// the operator's login, and adds no rule of its own.
namespace latchkey::cli {

struct FleetFlags {
  DatabaseFlags database;
  bool json = false;
};

/// --db-url, --config and --json.
void add_fleet_flags(Command& command, FleetFlags& flags);
/// --reason, which every act needs.
void add_reason_flag(Command& command, std::string& reason);

/// The exit codes of a command that only reads.
inline constexpr const char* reading_exit_codes =
    "Exit codes: 0 shown, 64 wrong flags, 65 refused by the registry, 69 no database, 77 the login lacks\n"
    "a right.";
inline constexpr const char* acting_exit_codes =
    "Exit codes: 0 done, 64 wrong flags, 65 refused by the registry, 69 no database, 77 the login lacks\n"
    "a right.";

[[nodiscard]] Result<registry::OperatorSession> open_session(const FleetFlags& flags);
/// Runs one statement; `values` are $1, $2 ...
[[nodiscard]] Result<registry::Table> ask(registry::OperatorSession& session, const std::string& sql,
                                          const registry::Table::Row& values = {});

/// A command that calls a function of the registry once: prints the row that it returns on stdout, as a list
/// of names and values or as a JSON object.
[[nodiscard]] int run_act(const FleetFlags& flags, const std::string& sql,
                          const registry::Table::Row& values);
/// A command that lists rows.
[[nodiscard]] int run_list(const FleetFlags& flags, Format format, const std::string& sql,
                           const registry::Table::Row& values = {});

/// A part of what a command shows of one thing: a heading and a statement, which may use $1, the thing's
/// name.
struct Part {
  const char* name;  ///< "credentials": heading and JSON member
  const char* sql;
  bool one = false;  ///< one row, shown as a list of names and values, and in JSON as an object
};
/// Shows all parts. Without a row of the first part, `missing` is the error.
[[nodiscard]] int run_show(const FleetFlags& flags, const std::string& name, const std::vector<Part>& parts,
                           const Failure& missing);

/// --format of a command that lists; --json is the same as --format json.
void add_format_flag(Command& command, std::string& format);
[[nodiscard]] Format format_of(const FleetFlags& flags, const std::string& format);

// The verbs of `latchkey device`.
void add_device_list(Command& device);
void add_device_show(Command& device);
void add_device_acts(Command& device);
void add_device_label(Command& device);
void add_device_move(Command& device);
void add_device_watch(Command& device);

}  // namespace latchkey::cli
