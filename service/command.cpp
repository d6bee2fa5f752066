#include "service/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <sstream>
#include <vector>

namespace latchkey::service {
namespace {

/// posix_spawn's two lists of what differs in the child.
class Differences {
 public:
  Differences() {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Differences() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Differences(const Differences&) = delete;
  Differences& operator=(const Differences&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* files() const { return &files_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream text(command);
  std::vector<std::string> words;
  for (std::string word; text >> word;)
    words.push_back(word);
  return words;
}

/// Its exit status; killed first if it takes too long.
int await(pid_t pid, std::chrono::milliseconds limit) {
  // Not by its own function: glibc 2.36 declares that one for C only.
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd ended{process, POLLIN, 0};
  if (process < 0 || poll(&ended, 1, static_cast<int>(limit.count())) <= 0) kill(pid, SIGKILL);
  if (process >= 0) close(process);
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

}  // namespace

std::expected<void, std::string> run_command(const std::string& command, std::chrono::milliseconds limit) {
  std::vector<std::string> words = words_of(command);
  if (words.empty()) return std::unexpected("there is no command");
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* const environment[] = {nullptr};
  const Differences differences;
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, arguments.front(), differences.files(), differences.attributes(),
                                 arguments.data(), environment);
  if (failed != 0) return std::unexpected(words.front() + ": " + std::strerror(failed));
  const int status = await(pid, limit);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status)) return std::unexpected("it ended with " + std::to_string(WEXITSTATUS(status)));
  return std::unexpected("it was ended by signal " + std::to_string(WTERMSIG(status)));
}

}  // namespace latchkey::service
