#include "service/pipeline/sent_log.hpp"

#include "support/catch.hpp"

#include <future>

using namespace latchkey;
using service::SentLog;
using service::Steady;

namespace {

registry::Sent sent(std::int64_t generation) {
  return {"12345", generation};
}

/// The generations of what is there now.
std::vector<std::int64_t> taken(SentLog& log) {
  std::vector<std::int64_t> generations;
  for (const auto& one : log.take(Steady::now()))
    generations.push_back(one.generation);
  return generations;
}

using Generations = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("what the broker acknowledged is taken once, the rest is not", "[sent_log]") {
  SentLog log;
  const auto first = log.expect(sent(1));
  const auto second = log.expect(sent(2));
  CHECK(first != 0);
  CHECK(first != second);
  log.delivered(second);
  CHECK(taken(log) == Generations{2});
  CHECK(taken(log).empty());
  log.delivered(first);
  CHECK(taken(log) == Generations{1});
}

TEST_CASE("an unknown tag, or one for the second time, is nothing", "[sent_log]") {
  SentLog log;
  const auto tag = log.expect(sent(1));
  log.delivered(tag);
  log.delivered(tag);
  log.delivered(0);
  log.delivered(tag + 1);
  CHECK(taken(log) == Generations{1});
}

TEST_CASE("what could not be written comes back with the next", "[sent_log]") {
  SentLog log;
  log.delivered(log.expect(sent(1)));
  auto first = log.take(Steady::now());
  log.delivered(log.expect(sent(2)));
  log.put_back(std::move(first));
  CHECK(taken(log) == Generations{2, 1});
}

TEST_CASE("an answer that is never acknowledged makes room for newer ones", "[sent_log]") {
  SentLog log(2);
  const auto lost = log.expect(sent(1));
  const auto second = log.expect(sent(2));
  const auto third = log.expect(sent(3));
  CHECK(third != 0);
  log.delivered(lost);
  CHECK(taken(log).empty());
  log.delivered(second);
  log.delivered(third);
  CHECK(taken(log) == Generations{2, 3});
}

TEST_CASE("nothing is recorded while as much as is allowed waits to be written", "[sent_log]") {
  SentLog log(2);
  log.delivered(log.expect(sent(1)));
  log.delivered(log.expect(sent(2)));
  CHECK(log.expect(sent(3)) == 0);
  CHECK(taken(log) == Generations{1, 2});
  CHECK(log.expect(sent(3)) != 0);
}

TEST_CASE("whoever waits is woken by an acknowledgement", "[sent_log]") {
  SentLog log;
  const auto tag = log.expect(sent(1));
  auto waiting =
      std::async(std::launch::async, [&] { return log.take(Steady::now() + std::chrono::seconds(60)); });
  log.delivered(tag);
  CHECK(waiting.get().size() == 1);
}

TEST_CASE("what is acknowledged soon after the first comes with it", "[sent_log]") {
  SentLog log;
  const auto second = log.expect(sent(2));
  log.delivered(log.expect(sent(1)));
  auto gathering = std::async(std::launch::async, [&] {
    return log.take(Steady::now() + std::chrono::seconds(60), std::chrono::seconds(60));
  });
  log.delivered(second);
  log.close();  // whatever else it waits for ends here
  CHECK(gathering.get().size() == 2);
}

TEST_CASE("whoever waits is woken by closing, and what is left can still be taken", "[sent_log]") {
  SentLog log;
  CHECK_FALSE(log.closed());
  auto waiting =
      std::async(std::launch::async, [&] { return log.take(Steady::now() + std::chrono::seconds(60)); });
  log.close();
  CHECK(waiting.get().empty());
  CHECK(log.closed());
  log.delivered(log.expect(sent(1)));
  CHECK(taken(log) == Generations{1});
}

TEST_CASE("what the broker did not take is not sent, and the last of each device is told", "[sent_log]") {
  SentLog log;
  const auto tag = log.expect(sent(1));
  auto waiting =
      std::async(std::launch::async, [&] { return log.take(Steady::now() + std::chrono::seconds(60)); });
  log.given_up(tag, {"a", "5000 bytes"});
  CHECK(waiting.get().empty());
  log.given_up(0, {"a", "6000 bytes"});
  log.delivered(tag);
  const auto undelivered = log.take_undelivered();
  REQUIRE(undelivered.size() == 1);
  CHECK(undelivered[0].device_id == "a");
  CHECK(undelivered[0].what == "6000 bytes");
  CHECK(log.take_undelivered().empty());
  for (std::size_t i = 0; i < 2 * SentLog::most_undelivered; ++i)
    log.given_up(0, {std::to_string(i), "5000 bytes"});
  CHECK(log.take_undelivered().size() == SentLog::most_undelivered);
  log.close();
  CHECK(taken(log).empty());
}
