#include "service/process/serve.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"

#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

int run_serve(const std::string& config_file) {
  const auto config = service::load_config(service::config_path(config_file));
  if (!config) return report(fail(config.error()).error());
  service::Log log(service::Log::options_of(config->log.level, config->log.format));
  return service::serve(*config, log);
}

constexpr const char* serve_help =
    "Answer provisioning requests until SIGTERM. Any number of replicas may run side by side.\n"
    "While the broker or the database cannot be reached, the service stays up and tries again.";

constexpr const char* serve_footer =
    "Example:\n"
    "  latchkey serve --config /etc/latchkey/latchkey.toml\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 69 the schema is too old, http.listen is in use, or the\n"
    "system refuses a thread or a file; 78 wrong configuration (`latchkey config check`).";

}  // namespace

void add_serve_command(Command& root) {
  auto command = root.add("serve", serve_help);
  const auto config_file = std::make_shared<std::string>();
  add_config_flag(command, *config_file);
  command.footer(serve_footer);
  command.does([config_file] { return run_serve(*config_file); });
}

}  // namespace latchkey::cli
