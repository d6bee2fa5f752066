#include "base/command.hpp"

#include "base/child.hpp"

#include <sys/wait.h>

#include <sstream>
#include <vector>

namespace latchkey::service {
namespace {

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream text(command);
  std::vector<std::string> words;
  for (std::string word; text >> word;)
    words.push_back(word);
  return words;
}

}  // namespace

std::expected<void, std::string> run_command(const std::string& command, std::chrono::milliseconds limit) {
  const auto words = words_of(command);
  if (words.empty()) return std::unexpected("there is no command");
  const auto end =
      run_child({.argv = words, .limit = limit, .inherits_environment = false, .captures_output = false});
  if (!end) return std::unexpected(words.front() + ": " + end.error());
  if (WIFSIGNALED(end->status))
    return std::unexpected("it was ended by signal " + std::to_string(WTERMSIG(end->status)));
  if (end->status != 0) return std::unexpected("it ended with " + std::to_string(WEXITSTATUS(end->status)));
  return {};
}

}  // namespace latchkey::service
