#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace latchkey {

/// A program that is run, without a shell: it gets no input, none of this process's files, and none of the
/// signals blocked or ignored that this process does.
struct Child {
  std::vector<std::string> argv;  ///< the program (a path, or a name on PATH) and its arguments
  std::chrono::milliseconds limit{};
  bool inherits_environment = true;  ///< otherwise it has an empty one
  bool is_heard = true;  ///< what it prints goes nowhere but into End::tail; otherwise where ours goes
};

/// How it ended.
struct End {
  int status = 0;       ///< as waitpid(2) gives it
  bool in_time = true;  ///< otherwise it was killed at its limit, with all that it started
  std::string tail;     ///< the last 4 KiB that it printed
};

/// Runs it and waits for its end. The error, in the system's words: it cannot be started.
[[nodiscard]] std::expected<End, std::string> run_child(const Child& child);

}  // namespace latchkey
