#include "service/access/openings.hpp"

#include "support/catch.hpp"

using namespace latchkey;
using namespace latchkey::service::access;

namespace {

registry::BrokerOpening opening_of(std::string_view id, std::int64_t generation = 1) {
  const auto device = protocol::DeviceId::parse(id).value();
  return {device, registry::PasswordLogin{device, generation, crypto::Bytes(16, 1), {}, {}}};
}

std::vector<mqtt::Message> answer(std::string payload) {
  std::vector<mqtt::Message> messages(1);
  messages.front().payload = std::move(payload);
  return messages;
}

/// What is answered, in order.
std::vector<std::string> served(Openings& openings) {
  std::vector<std::string> all;
  while (auto one = openings.next())
    all.push_back(one->messages.front().payload);
  return all;
}

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("an answer and a configuration of one device wait beside each other, of each the newest",
          "[broker_access]") {
  Openings openings;
  const auto device = protocol::DeviceId::parse("a").value();
  CHECK(openings.add(opening_of("a"), answer("the answer")));
  CHECK(openings.add({device, std::nullopt, true}, answer("the first configuration")));
  CHECK(openings.add({device, std::nullopt, true}, answer("the second configuration")));
  CHECK(served(openings) == Said{"the answer", "the second configuration"});
}

TEST_CASE("a device waits once, with its newest answer and its first turn", "[broker_access]") {
  Openings openings;
  REQUIRE(openings.add(opening_of("a", 1), answer("a1")));
  REQUIRE(openings.add(opening_of("b"), answer("b1")));
  REQUIRE(openings.add(opening_of("a", 2), answer("a2")));
  CHECK(served(openings) == Said{"a2", "b1"});
  CHECK_FALSE(openings.has_next());
}

TEST_CASE("what waited so long that its device has asked again is dropped", "[broker_access]") {
  Openings openings;
  REQUIRE(openings.add(opening_of("a"), answer("a1")));
  const auto later = [](int seconds) {
    return std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  };
  CHECK(openings.next(later(3)));
  REQUIRE(openings.add(opening_of("a"), answer("a2")));
  CHECK_FALSE(openings.next(later(9)));
  CHECK_FALSE(openings.has_next());
}

TEST_CASE("one device that asks again and again takes nobody's place", "[broker_access]") {
  Openings openings;
  for (int n = 0; n < 5000; ++n)
    REQUIRE(openings.add(opening_of("loud", n + 1), answer("loud")));
  REQUIRE(openings.add(opening_of("quiet"), answer("quiet")));
  CHECK(served(openings) == Said{"loud", "quiet"});
}

TEST_CASE("configurations that wait keep no passwords out, and passwords no configurations",
          "[broker_access]") {
  for (const bool rights : {false, true}) {
    Openings openings;
    const auto add = [&](const std::string& id, bool is_rights) {
      auto opening = opening_of(id);
      if (is_rights) opening = {opening.device_id, std::nullopt, true};
      return openings.add(std::move(opening), answer(id));
    };
    for (std::size_t n = 0; n < Openings::most_waiting; ++n)
      REQUIRE(add("d" + std::to_string(n), rights));
    CHECK_FALSE(add("late", rights));
    CHECK(add("late", !rights));
  }
}

TEST_CASE("no more devices wait than there is room for", "[broker_access]") {
  Openings openings;
  for (std::size_t n = 0; n < Openings::most_waiting; ++n)
    REQUIRE(openings.add(opening_of("d" + std::to_string(n)), answer("")));
  CHECK_FALSE(openings.add(opening_of("late"), answer("")));
  CHECK(openings.add(opening_of("d7"), answer("")));
}

TEST_CASE("a device is served a few times, and again once the broker forgot what it left behind",
          "[broker_access]") {
  Openings openings;
  for (std::size_t n = 0; n < Openings::most_served; ++n) {
    REQUIRE(openings.add(opening_of("loud"), answer("loud")));
    CHECK(served(openings) == Said{"loud"});
  }
  REQUIRE(openings.add(opening_of("loud"), answer("loud")));
  CHECK_FALSE(openings.has_next());
  REQUIRE(openings.add(opening_of("quiet"), answer("quiet")));
  CHECK(openings.has_next());
  CHECK(served(openings) == Said{"quiet"});
  openings.served_anew();
  CHECK(openings.has_next());
  CHECK(served(openings) == Said{"loud"});
}

TEST_CASE("what is not wanted any more is taken out, and what came since the look is not",
          "[broker_access]") {
  Openings openings;
  CHECK_FALSE(openings.last());
  REQUIRE(openings.add(opening_of("gone"), answer("gone")));
  REQUIRE(openings.add(opening_of("stays"), answer("stays")));
  REQUIRE(openings.add(opening_of("renewed", 1), answer("renewed 1")));
  const auto last = openings.last();
  REQUIRE(last);
  REQUIRE(openings.add(opening_of("renewed", 2), answer("renewed 2")));
  REQUIRE(openings.add(opening_of("later"), answer("later")));
  const auto taken = openings.take_unwanted(
      *last, [](const registry::BrokerOpening& opening) { return opening.device_id.text() == "stays"; });
  REQUIRE(taken.size() == 1);
  CHECK(taken.front().messages.front().payload == "gone");
  CHECK(served(openings) == Said{"stays", "renewed 2", "later"});
}
