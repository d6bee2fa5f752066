#include "base/command.hpp"

#include "support/catch.hpp"

using namespace latchkey::service;
using namespace std::chrono_literals;

TEST_CASE("a command gets its arguments as they are, without a shell", "[command]") {
  CHECK(run_command("/bin/true", 5s));
  CHECK(run_command("/usr/bin/test $HOME = $HOME", 5s));
  CHECK(run_command("/usr/bin/test 1  -eq 1", 5s));
  CHECK(run_command("/bin/false ; /bin/true", 5s).error() == "it ended with 1");
}

TEST_CASE("a command that cannot be run, or ends badly, says so", "[command][native]") {
  CHECK(run_command("/nonexistent x", 5s).error() == "/nonexistent: No such file or directory");
  CHECK(run_command("/bin/false", 5s).error() == "it ended with 1");
  CHECK_FALSE(run_command(" ", 5s));
}

TEST_CASE("a command that takes too long is killed", "[command]") {
  CHECK(run_command("/bin/sleep 60", 50ms).error() == "it was ended by signal 9");
}
