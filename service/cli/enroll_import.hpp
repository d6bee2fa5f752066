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

/// Adds the verb `enroll import`.
void add_import(Command& enroll);

/// Runs the import and returns the exit code.
[[nodiscard]] int import_devices(const ImportFlags& flags);

}  // namespace latchkey::cli
