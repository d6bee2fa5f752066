#include "service/cli/flags.hpp"

#include "service/config/rules.hpp"

#include <cstdlib>

namespace latchkey::cli {
namespace {

Result<registry::ConnectOptions> database_of_config(const std::string& config_file,
                                                    const std::string& variable) {
  const auto config = service::load_config(service::config_path(config_file), {"database"});
  if (!config) return fail(config.error(), "or name the database by --db-url or " + variable);
  auto password = crypto::read_optional_line_file(config->database.password_file);
  if (!password) return fail(exit_code::configuration, password.error().what);
  return registry::ConnectOptions{config->database.url, *std::move(password)};
}

}  // namespace

void add_config_flag(Command& command, std::string& file) {
  command.value("--config", file,
                "Configuration file (default: LATCHKEY_CONFIG, then /etc/latchkey/latchkey.toml)",
                {.metavar = "FILE"});
}

void add_database_flag(Command& command, std::string& url, const std::string& variable) {
  command.value("--db-url", url,
                "Database, postgresql://user@host/database without a password (default:\n" + variable +
                    ", which may contain one, then database.url of the configuration)",
                {.metavar = "URL"});
}

Result<registry::ConnectOptions> find_database(const DatabaseFlags& flags, const std::string& variable) {
  if (service::rules::holds_password(flags.url))
    return fail(exit_code::usage,
                "--db-url contains a password, and every user of this machine can read a command line",
                "put the URL into " + variable + ", or the password into ~/.pgpass");
  if (!flags.url.empty()) return registry::ConnectOptions{flags.url, {}};
  const char* const from_environment = std::getenv(variable.c_str());
  if (from_environment != nullptr && *from_environment != '\0')
    return registry::ConnectOptions{from_environment, {}};
  return database_of_config(flags.config_file, variable);
}

}  // namespace latchkey::cli
