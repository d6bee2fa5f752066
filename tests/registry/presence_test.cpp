#include "database.hpp"
#include "registry/housekeeping.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::DeviceState;
using registry::Outcome;
using test::commit_one;
using test::Database;
using test::Login;

namespace {

/// One device that is online; a time is minutes ago.
struct Fixture {
  Fixture() {
    test::register_devices(registry, {"12345"});
    CHECK(commit_one(registry, test::connected({"12345", DeviceState::registered, DeviceState::connected})) ==
          Outcome::won);
  }
  /// A replica listened from then until then.
  void link(const std::string& name, int from, int until) {
    database.run("INSERT INTO registry.broker_link VALUES ('" + name + "', now() - make_interval(mins => " +
                 std::to_string(from) + "), now() - make_interval(mins => " + std::to_string(until) + "))");
  }
  void last_word(int at) {
    database.run("UPDATE registry.presence SET last_seen_at = now() - make_interval(mins => " +
                 std::to_string(at) + ")");
  }
  std::string online() { return database.shown("SELECT online FROM registry.devices", Login::reader); }

  Database database;
  registry::Registry registry = database.registry();
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a device that was heard since the replicas listen is online", "[presence]") {
  link("one", 60, 0);
  last_word(30);
  CHECK(online() == "t");
}

TEST_CASE_METHOD(Fixture, "who was not heard five minutes after a break is not known to be online",
                 "[presence]") {
  link("before", 60, 11);
  link("after", 10, 0);
  last_word(30);
  CHECK(online() == "-");
  last_word(9);
  CHECK(online() == "t");
}

TEST_CASE_METHOD(Fixture, "five minutes are given to come back", "[presence]") {
  link("before", 60, 5);
  link("after", 4, 0);
  last_word(30);
  CHECK(online() == "t");
}

TEST_CASE_METHOD(Fixture, "replicas that relieve each other leave no break", "[presence]") {
  link("first", 60, 19);
  link("second", 20, 9);
  link("third", 10, 0);
  last_word(30);
  CHECK(online() == "t");
}

TEST_CASE_METHOD(Fixture, "what the broker's end takes from all replicas at once is a break", "[presence]") {
  link("one", 60, 11);
  link("two", 50, 11);
  link("one again", 10, 0);
  link("two again", 9, 0);
  last_word(30);
  CHECK(online() == "-");
}

TEST_CASE_METHOD(Fixture, "who said goodbye is offline, break or not", "[presence]") {
  link("after", 10, 0);
  CHECK(commit_one(registry, test::disconnected({"12345", DeviceState::connected, DeviceState::connected})) ==
        Outcome::won);
  last_word(30);
  CHECK(online() == "f");
}

TEST_CASE_METHOD(Fixture, "a link is noted while it lasts, and not trusted to its end", "[presence]") {
  using std::chrono::milliseconds;
  const registry::LinkLife alive{"link", milliseconds(120000), false, "1.2.3"};
  REQUIRE(record_links(registry, std::span(&alive, 1)));
  const auto shown = [&] {
    return database.shown(
        "SELECT round(extract(epoch FROM now() - ready_at) / 60), round(extract(epoch FROM now() - until) / "
        "10) "
        "FROM registry.broker_link");
  };
  CHECK(shown() == "2|0");
  REQUIRE(record_links(registry, std::span(&alive, 1)));
  CHECK(database.shown("SELECT count(*) FROM registry.broker_link") == "1");
  const registry::LinkLife lost{"link", {}, true, {}};
  REQUIRE(record_links(registry, std::span(&lost, 1)));
  CHECK(shown() == "2|3");
}

TEST_CASE_METHOD(Fixture, "links of long ago are forgotten unless they bridge what is left", "[presence]") {
  link("long ago", 30000, 29000);
  link("bridge", 25000, 15000);
  link("now", 20000, 0);
  const registry::LinkLife alive{"another", std::chrono::milliseconds(1), false, {}};
  REQUIRE(record_links(registry, std::span(&alive, 1)));
  CHECK(database.shown("SELECT link FROM registry.broker_link ORDER BY 1") == "another\nbridge\nnow");
  last_word(24000);
  CHECK(online() == "t");
}

TEST_CASE_METHOD(Fixture, "a link that broke ten thousand times is looked through at once", "[presence]") {
  database.run(
      "INSERT INTO registry.broker_link SELECT 'flaps-' || n, at, at + interval '2 seconds' FROM "
      "(SELECT n, now() - make_interval(secs => 5 * n) AS at FROM generate_series(1, 10000) n) x");
  last_word(0);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(online() == "t");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(1));
}
