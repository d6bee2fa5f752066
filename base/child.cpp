#include "base/child.hpp"

#include "base/descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace latchkey {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int none = -1;
constexpr std::size_t longest_tail = 4096;

/// The file actions and attributes that posix_spawn takes. `output` becomes the child's stdout and stderr;
/// with `none` the child inherits ours.
class SpawnOptions {
 public:
  explicit SpawnOptions(int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output != none) {
      posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    }
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    sigset_t no_signal;
    sigset_t all;
    sigemptyset(&no_signal);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &no_signal);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* files() const { return &files_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// 0, or an errno.
int spawn(const Child& child, int output, pid_t& pid) {
  std::vector<std::string> words = child.argv;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* const empty[] = {nullptr};
  const SpawnOptions options(output);
  return posix_spawnp(&pid, arguments.front(), options.files(), options.attributes(), arguments.data(),
                      child.inherits_environment ? environ : empty);
}

/// Appends what the pipe holds to `tail` and keeps its last `longest_tail` bytes. The number of reads is
/// bounded: a program may never stop printing.
void drain(int pipe, std::string& tail) {
  std::array<char, longest_tail> chunk{};
  for (int turn = 0; turn < 16; ++turn) {
    const ssize_t count = ::read(pipe, chunk.data(), chunk.size());
    if (count <= 0) break;
    tail.append(chunk.data(), static_cast<std::size_t>(count));
  }
  if (tail.size() > longest_tail) tail.erase(0, tail.size() - longest_tail);
}

/// True once the process has ended, false at the limit. Reads the output meanwhile, so that a full pipe never
/// blocks the process.
bool wait_for_exit(const Descriptor& process, const Descriptor& output, std::string& tail,
                   std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::array<pollfd, 2> waiting{{{process.number(), POLLIN, 0}, {output.number(), POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (output.valid()) drain(output.number(), tail);
    if ((waiting[0].revents & POLLIN) != 0) return true;
    // The process closed its end of the pipe and still runs: from here on wait for its exit alone.
    if ((waiting[1].revents & POLLHUP) != 0) waiting[1].fd = none;
  }
}

std::unexpected<std::string> system_error(int error) {
  return std::unexpected<std::string>(std::strerror(error));
}

}  // namespace

std::expected<ChildExit, std::string> run_child(const Child& child) {
  std::array<int, 2> ends{none, none};
  if (child.captures_output && ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return system_error(errno);
  const Descriptor output(ends[0]);
  pid_t pid = 0;
  {
    const Descriptor input(ends[1]);
    // Only our end is non-blocking: the program expects a blocking stdout.
    if (input.valid()) ::fcntl(input.number(), F_SETFL, 0);
    if (const int error = spawn(child, input.number(), pid); error != 0) return system_error(error);
  }
  // By syscall(2): glibc 2.36 declares pidfd_open for C only.
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ChildExit end;
  end.in_time = wait_for_exit(process, output, end.tail, child.limit);
  if (!end.in_time) ::kill(-pid, SIGKILL);
  ::waitpid(pid, &end.status, 0);
  return end;
}

}  // namespace latchkey
