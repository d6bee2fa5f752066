#include "device/program.hpp"

#include "support/catch.hpp"

namespace latchkey::device {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::expected<void, std::string> shell(const std::string& script, milliseconds limit = seconds(20)) {
  return run_program({"/bin/sh", "-c", script}, limit);
}

TEST_CASE("a program that ends with 0 is content", "[program]") {
  CHECK(shell("exit 0"));
  CHECK(run_program({"true"}, seconds(20)));
}

TEST_CASE("a program that is not content says why in its last line", "[program]") {
  CHECK(shell("exit 3").error() == "/bin/sh ended with 3");
  CHECK(shell("echo one; echo two >&2; exit 3").error() == "/bin/sh ended with 3: two");
  CHECK(shell("printf 'no end of line'; exit 1").error() == "/bin/sh ended with 1: no end of line");
  CHECK(shell("kill -9 $$").error() == "/bin/sh was ended by signal 9");
}

TEST_CASE("a program that is none is an error", "[program][native]") {
  CHECK(run_program({"/nonexistent/program"}, seconds(20)).error() ==
        "/nonexistent/program cannot be started: No such file or directory");
}

TEST_CASE("a program gets its words as they are, and no input", "[program]") {
  CHECK(run_program({"/bin/sh", "-c", "test \"$1\" = '$(id) ; *' && test -z \"$(cat)\"", "sh", "$(id) ; *"},
                    seconds(20)));
}

TEST_CASE("a program that hangs is ended with all that it started", "[program]") {
  CHECK(shell("sleep 100 & sleep 100", milliseconds(50)).error() == "/bin/sh did not end within 0 s");
}

TEST_CASE("what a program leaves running does not hold it up", "[program]") {
  CHECK(shell("sleep 1 & exit 0"));
}

TEST_CASE("a program that prints more than anybody reads ends all the same", "[program]") {
  CHECK(shell("head -c 300000 /dev/zero; exit 0"));
  CHECK(shell("yes", milliseconds(50)).error() == "/bin/sh did not end within 0 s");
}

}  // namespace
}  // namespace latchkey::device
