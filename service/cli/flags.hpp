#pragma once

#include "base/command_line.hpp"
#include "service/cli/outcome.hpp"

#include <string>

// Flags that several commands share.
namespace latchkey::cli {

void add_config_flag(Command& command, std::string& file);

/// The flags that select the database.
struct DatabaseFlags {
  std::string url;
  std::string config_file;
};
/// `variable` is LATCHKEY_DB_URL or LATCHKEY_OWNER_DB_URL, so that an operator with both logins can set both.
void add_database_flag(Command& command, std::string& url, const std::string& variable);
/// --db-url, else the variable, else [database] of the configuration.
[[nodiscard]] Result<registry::ConnectOptions> find_database(const DatabaseFlags& flags,
                                                             const std::string& variable);

}  // namespace latchkey::cli
