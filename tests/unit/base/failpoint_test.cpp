#include "base/failpoint.hpp"

#include "support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace latchkey {
namespace {

// Not by itself: what the other cases run in a process of its own, since the variable is read once.
TEST_CASE("passes a place three times", "[.failpoint]") {
  for (int i = 0; i < 3; ++i)
    failpoint("passed");
}

/// The signal that ended it, 0 if none did.
int signal_when_armed(const char* armed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("LATCHKEY_FAILPOINTS", armed, 1);
    if (::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(1);
    ::execl("/proc/self/exe", "unit", "passes a place three times", nullptr);
    ::_exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) CHECK(WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("a fail-point ends the process where it is armed, and nowhere else", "[failpoint][native]") {
  CHECK(signal_when_armed("passed:kill") == SIGKILL);
  CHECK(signal_when_armed("passed_by:kill") == 0);
  CHECK(signal_when_armed("") == 0);
}

TEST_CASE("a fail-point may be armed for a later time", "[failpoint][native]") {
  CHECK(signal_when_armed("passed:kill@3") == SIGKILL);
  CHECK(signal_when_armed("passed:kill@4") == 0);
  CHECK(signal_when_armed("passed:kill@x") == 0);
  CHECK(signal_when_armed("passed:kill3") == 0);
}

}  // namespace
}  // namespace latchkey
