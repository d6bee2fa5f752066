#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace latchkey {

/// A program to run without a shell. It reads /dev/null, inherits no file descriptor but stdout and stderr,
/// and starts with no signal blocked or ignored.
struct Child {
  std::vector<std::string> argv;  ///< the program (a path, or a name on PATH) and its arguments
  std::chrono::milliseconds limit{};
  bool inherits_environment = true;  ///< false: its environment is empty
  bool captures_output = true;  ///< its output goes into ChildExit::tail; false: to our stdout and stderr
};

/// How a child process ended.
struct ChildExit {
  int status = 0;       ///< as waitpid(2) gives it
  bool in_time = true;  ///< false: it was killed at its limit, with its whole process group
  std::string tail;     ///< the last 4 KiB of its output
};

/// Starts the program and waits until it ends. The error is the system's text why it cannot be started.
[[nodiscard]] std::expected<ChildExit, std::string> run_child(const Child& child);

}  // namespace latchkey
