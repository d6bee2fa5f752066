#include "mqtt/quarantine.hpp"

#include "support/catch.hpp"

using namespace latchkey::mqtt;
using namespace std::chrono_literals;

namespace {

const Quarantine::Clock::time_point start{1h};

/// Until when `holds` is true for this message.
std::chrono::seconds held(const Quarantine& quarantine, const std::string& topic, std::size_t bytes,
                          Quarantine::Clock::time_point from) {
  auto until = from;
  while (quarantine.holds(topic, bytes, until))
    until += 1s;
  return std::chrono::duration_cast<std::chrono::seconds>(until - from);
}

}  // namespace

TEST_CASE("a topic that was refused waits, twice as long each time, for what is not smaller",
          "[quarantine]") {
  Quarantine quarantine;
  auto now = start;
  for (const auto wait : {10s, 20s, 40s, 60s, 60s}) {
    quarantine.refused("topic", 5000, now);
    CHECK(held(quarantine, "topic", 5000, now) == wait);
    CHECK(quarantine.holds("topic", 6000, now));
    CHECK_FALSE(quarantine.holds("topic", 4999, now));
    CHECK_FALSE(quarantine.holds("another", 5000, now));
    now += wait;
  }
  quarantine.taken("topic", 4999);
  quarantine.refused("topic", 5000, now);
  CHECK(held(quarantine, "topic", 5000, now) == 60s);
  quarantine.taken("topic", 5000);
  CHECK_FALSE(quarantine.holds("topic", 5000, now));
  quarantine.refused("topic", 5000, now);
  CHECK(held(quarantine, "topic", 5000, now) == 10s);
}

TEST_CASE(
    "what ended a connection may have been too large, unless larger was taken, or hardly anything is smaller",
    "[quarantine]") {
  Quarantine quarantine;
  quarantine.ended_connection("topic", 1000, start);
  CHECK_FALSE(quarantine.holds("another", 1000, start));
  quarantine.ended_connection("topic", 5000, start);
  CHECK(quarantine.holds("another", 5000, start));
  CHECK_FALSE(quarantine.holds("another", 4999, start));
  CHECK_FALSE(quarantine.holds("another", 5000, start + 10s));
  quarantine.taken("another", 5000);
  CHECK_FALSE(quarantine.holds("third", 5000, start));
  CHECK(quarantine.holds("topic", 5000, start));
  quarantine.ended_connection("fourth", 5000, start);
  CHECK_FALSE(quarantine.holds("third", 5000, start));
}

TEST_CASE("a thousand topics are remembered, those that wait longest", "[quarantine]") {
  Quarantine quarantine;
  for (std::size_t i = 0; i <= Quarantine::capacity; ++i)
    quarantine.refused(std::to_string(i), 100, start + std::chrono::milliseconds(i));
  CHECK_FALSE(quarantine.holds("0", 100, start + 2s));
  CHECK(quarantine.holds("1", 100, start + 2s));
  CHECK(quarantine.holds(std::to_string(Quarantine::capacity), 100, start + 2s));
}
