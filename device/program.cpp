#include "device/program.hpp"

#include "base/child.hpp"

#include <sys/wait.h>

namespace latchkey::device {
namespace {

std::string last_line(std::string text) {
  while (text.ends_with('\n') || text.ends_with(' '))
    text.pop_back();
  const auto newline = text.rfind('\n');
  return newline == std::string::npos ? text : text.substr(newline + 1);
}

std::string description_of(const ChildExit& end) {
  const std::string how = WIFSIGNALED(end.status)
                              ? "was ended by signal " + std::to_string(WTERMSIG(end.status))
                              : "ended with " + std::to_string(WEXITSTATUS(end.status));
  const auto said = last_line(end.tail);
  return said.empty() ? how : how + ": " + said;
}

}  // namespace

std::expected<void, std::string> run_program(const std::vector<std::string>& argv,
                                             std::chrono::milliseconds limit) {
  const auto failure = [&](const std::string& why) { return std::unexpected(argv.front() + " " + why); };
  const auto end = run_child({.argv = argv, .limit = limit});
  if (!end) return failure("cannot be started: " + end.error());
  if (!end->in_time) return failure("did not end within " + std::to_string(limit.count() / 1000) + " s");
  if (end->status != 0) return failure(description_of(*end));
  return {};
}

}  // namespace latchkey::device
