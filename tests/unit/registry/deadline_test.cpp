#include "registry/deadline.hpp"

#include "support/catch.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

using namespace std::chrono_literals;
using latchkey::registry::Deadline;
using Steady = std::chrono::steady_clock;

namespace {

/// Two ends of a connection on which nobody speaks.
class Silence {
 public:
  Silence() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0); }
  ~Silence() {
    for (const int end : ends_)
      ::close(end);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  [[nodiscard]] int socket() const { return ends_[0]; }
  /// How long a read waits until it is told that the connection is over.
  [[nodiscard]] Steady::duration read() const {
    const auto began = Steady::now();
    char byte = 0;
    CHECK(::recv(socket(), &byte, 1, 0) == 0);
    return Steady::now() - began;
  }
  [[nodiscard]] bool works() const { return ::send(ends_[1], "x", 1, MSG_NOSIGNAL) == 1; }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("a call that is never answered ends at the deadline", "[deadline]") {
  const Silence silence;
  Deadline deadline;
  const Deadline::Watch watch(deadline, silence.socket(), 30ms);
  CHECK_FALSE(watch.passed());
  CHECK(silence.read() >= 29ms);
  CHECK(watch.passed());
}

TEST_CASE("every call has the whole time, whatever the one before it took", "[deadline]") {
  const Silence first;
  const Silence second;
  Deadline deadline;
  {
    const Deadline::Watch watch(deadline, first.socket(), 60ms);
  }
  const Deadline::Watch watch(deadline, second.socket(), 60ms);
  CHECK(second.read() >= 59ms);
  CHECK(first.works());
}

TEST_CASE("a connection that nobody waits for is left alone", "[deadline]") {
  const Silence idle;
  const Silence called;
  Deadline deadline;
  {
    const Deadline::Watch watch(deadline, idle.socket(), 10ms);
  }
  const Deadline::Watch watch(deadline, called.socket(), 10ms);
  CHECK(called.read() >= 9ms);  // so the idle one's time is over as well
  CHECK(idle.works());
}

TEST_CASE("a deadline goes at once, whether it is armed or not", "[deadline]") {
  const Silence silence;
  const auto began = Steady::now();
  {
    const Deadline unarmed;
  }
  {
    Deadline armed;
    const Deadline::Watch watch(armed, silence.socket(), 1h);
  }
  CHECK(Steady::now() - began < 1s);
}

TEST_CASE("a call with less time than the one before it has its own", "[deadline]") {
  const Silence answered;
  const Silence first;
  const Silence second;
  Deadline deadline;
  {
    // After it the thread waits for the next call.
    const Deadline::Watch watch(deadline, answered.socket(), 1ms);
    CHECK(answered.read() >= 0ms);
  }
  {
    const Deadline::Watch watch(deadline, first.socket(), 1h);
  }
  const auto began = Steady::now();
  const Deadline::Watch watch(deadline, second.socket(), 10ms);
  CHECK(second.read() >= 9ms);
  CHECK(Steady::now() - began < 10s);
}

TEST_CASE("what is given up ends the call that runs at its time, and later ones at once", "[deadline]") {
  const Silence running;
  const Silence later;
  Deadline deadline;
  {
    const Deadline::Watch watch(deadline, running.socket(), 1h);
    deadline.expire(30ms);
    CHECK_FALSE(deadline.has_expired());
    CHECK(running.read() >= 29ms);
  }
  CHECK(deadline.has_expired());
  const Deadline::Watch watch(deadline, later.socket(), 1h);
  CHECK(watch.passed());
  CHECK(later.read() < 10s);
}
