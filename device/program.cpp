#include "device/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace latchkey::device {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_tail = 4096;

/// A file descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

/// What the program starts with: its output in our pipe, no input, and none of the signals blocked or ignored
/// that this process does.
class Start {
 public:
  explicit Start(int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Start() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  /// 0, or an errno.
  [[nodiscard]] int spawn(const std::vector<std::string>& argv, pid_t& pid) const {
    std::vector<std::string> words = argv;
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words)
      pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return posix_spawnp(&pid, pointers.front(), &files_, &attributes_, pointers.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Appends what is there, and keeps the end of it. Not for ever: some never stop printing.
void drain(int pipe, std::string& tail) {
  std::array<char, longest_tail> chunk{};
  for (int turn = 0; turn < 16; ++turn) {
    const ssize_t count = ::read(pipe, chunk.data(), chunk.size());
    if (count <= 0) break;
    tail.append(chunk.data(), static_cast<std::size_t>(count));
  }
  if (tail.size() > longest_tail) tail.erase(0, tail.size() - longest_tail);
}

std::string last_line(std::string text) {
  while (text.ends_with('\n') || text.ends_with(' '))
    text.pop_back();
  const auto newline = text.rfind('\n');
  return newline == std::string::npos ? text : text.substr(newline + 1);
}

/// True once the process has ended; reads its output meanwhile, so that it never waits for us.
bool await_end(const Descriptor& process, const Descriptor& output, std::string& tail,
               std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::array<pollfd, 2> waiting{{{process.number(), POLLIN, 0}, {output.number(), POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    drain(output.number(), tail);
    if ((waiting[0].revents & POLLIN) != 0) return true;
    // Its end of the pipe is closed, which is not its end: from here on only the process is waited for.
    if ((waiting[1].revents & POLLHUP) != 0) waiting[1].fd = -1;
  }
}

std::string in_words(int status, const std::string& tail) {
  const std::string how = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                              : "ended with " + std::to_string(WEXITSTATUS(status));
  const auto said = last_line(tail);
  return said.empty() ? how : how + ": " + said;
}

}  // namespace

std::expected<void, std::string> run_program(const std::vector<std::string>& argv,
                                             std::chrono::milliseconds limit) {
  const auto failure = [&](const std::string& why) { return std::unexpected(argv.front() + " " + why); };
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return failure("cannot be heard");
  const Descriptor output(ends[0]);
  pid_t pid = 0;
  {
    const Descriptor input(ends[1]);
    // Only our end does not wait: the program may print as it likes.
    ::fcntl(input.number(), F_SETFL, 0);
    if (const int error = Start(input.number()).spawn(argv, pid); error != 0)
      return failure(std::string("cannot be started: ") + std::strerror(error));
  }
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  std::string tail;
  const bool ended = await_end(process, output, tail, limit);
  if (!ended) ::kill(-pid, SIGKILL);  // with whatever it started
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!ended) return failure("did not end within " + std::to_string(limit.count() / 1000) + " s");
  if (status != 0) return failure(in_words(status, tail));
  return {};
}

}  // namespace latchkey::device
