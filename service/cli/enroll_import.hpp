#pragma once

#include "base/command_line.hpp"

#include <string>

namespace latchkey::cli {

struct ImportFlags {
  std::string file;
  std::string group;
  bool atomic = false;
  bool check = false;
  bool json = false;
  std::string database_url;
  std::string config_file;
};

/// Adds `enroll import`, as commands.hpp says.
void add_import(Command& enroll);

/// Does it and returns the exit code.
[[nodiscard]] int import_devices(const ImportFlags& flags);

}  // namespace latchkey::cli
