#include "database.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::Outcome;
using test::commit_one;
using test::Database;
using test::Login;
using test::with_key;

namespace {

std::string signs(Database& database) {
  return database.shown("SELECT device_id, sign, times FROM registry.suspected_clones ORDER BY 1, 2",
                        Login::ops);
}

/// One registered device and its statuses.
struct Sessions {
  Sessions() { test::register_devices(registry, {"12345"}); }

  /// `connected` in this session, handed over just now; `previous` empty: it names none.
  Outcome connect(const std::string& session, const std::string& previous = "") {
    using enum registry::DeviceState;
    const auto state = test::load_status(registry, "12345").device->state;
    auto row = test::connected({"12345", state, connected, session});
    row.handed_over = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    row.status.previous = previous;
    return commit_one(registry, row);
  }
  std::string found() { return signs(database); }

  Database database;
  registry::Registry registry = database.registry();
};

std::string session(const std::string& device, int number) {
  return "session-" + device + "-" + std::to_string(number);
}

}  // namespace

TEST_CASE("keys that go A, B, A are a sign of a clone; a thousand honest resets are none", "[clones]") {
  Database database;
  auto registry = database.registry();
  for (int i = 0; i < 50; ++i) {
    auto row = with_key("honest", static_cast<std::uint8_t>(10 + i), i);
    row.registration->to_registered = true;
    REQUIRE(commit_one(registry, row) == Outcome::won);
    database.run("SELECT registry.reset('honest', 'another owner')", Login::ops);
  }
  REQUIRE(commit_one(registry, with_key("keeps", 200, 0)) == Outcome::won);
  REQUIRE(commit_one(registry, with_key("keeps", 200, 1)) == Outcome::won);
  CHECK(signs(database).empty());
  for (const auto& [key, expected] : {std::pair{1, 0}, {2, 1}, {1, 2}})
    REQUIRE(commit_one(registry, with_key("cloned", static_cast<std::uint8_t>(key), expected)) ==
            Outcome::won);
  CHECK(signs(database) == "cloned|key_came_back|1");
}

TEST_CASE("one key at two devices is a sign of a clone at both", "[clones]") {
  Database database;
  auto registry = database.registry();
  REQUIRE(commit_one(registry, with_key("a", 1, 0)) == Outcome::won);
  REQUIRE(commit_one(registry, with_key("b", 1, 0)) == Outcome::won);
  CHECK(signs(database) == "a|key_at_two_devices|1\nb|key_at_two_devices|1");
}

TEST_CASE("a fleet that shares one key is seen whole, at a cost that does not grow with it", "[clones]") {
  constexpr int devices = 1000, batch = 100;
  Database database;
  auto registry = database.registry();
  for (int first = 0; first < devices; first += batch) {
    std::vector<registry::DecidedRequest> rows;
    for (int n = first; n < first + batch; ++n)
      rows.push_back(with_key("meter-" + std::to_string(n), 1, 0));
    REQUIRE(commit_requests(registry, rows));
  }
  // Each is noted by its own commit; the first one once more, as the other device of those that came later.
  CHECK(database.shown("SELECT count(*), sum(times) <= 1001 FROM registry.suspected_clones", Login::ops) ==
        "1000|t");
}

TEST_CASE("sessions that take turns three times are a sign of a clone; new ones are none", "[clones]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"honest", "cloned"});
  using enum registry::DeviceState;
  const auto connect = [&](const std::string& device, const std::string& session) {
    const auto state = test::load_status(registry, device).device->state;
    REQUIRE(commit_one(registry, test::connected({device, state, connected, session})) == Outcome::won);
  };
  for (int i = 0; i < 150; ++i)
    connect("honest", "session-" + std::to_string(i));
  CHECK(signs(database).empty());
  for (const std::string session : {"session-a", "session-b", "session-a", "session-b"})
    connect("cloned", session);
  CHECK(signs(database).empty());
  connect("cloned", "session-a");
  CHECK(signs(database) == "cloned|sessions_alternate|1");
}

TEST_CASE("a session that does not open again is a sign of a clone all the same", "[clones]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"cloned"});
  using enum registry::DeviceState;
  const auto outcome_of = [&](const std::string& session, std::chrono::seconds ago) {
    const auto state = test::load_status(registry, "cloned").device->state;
    auto row = test::connected({"cloned", state, connected, session});
    row.handed_over = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) - ago;
    return commit_one(registry, row);
  };
  using namespace std::chrono_literals;
  for (const std::string session : {"session-a", "session-b"})
    CHECK(outcome_of(session, 0s) == Outcome::won);
  // What came late is no sign.
  for (int i = 0; i < 3; ++i)
    CHECK(outcome_of("session-a", 5s) == Outcome::late);
  CHECK(signs(database).empty());
  for (int i = 0; i < 3; ++i)
    CHECK(outcome_of("session-a", 0s) == Outcome::late);
  CHECK(signs(database) == "cloned|sessions_alternate|1");
}

TEST_CASE_METHOD(Sessions, "two devices that end each other's sessions are a sign of a clone after ten turns",
                 "[clones]") {
  for (int n = 1; n <= 6; ++n)
    for (const std::string device : {"a", "b"}) {
      CHECK(found().empty());
      CHECK(connect(session(device, n), n > 1 ? session(device, n - 1) : "") == Outcome::won);
    }
  CHECK(found() == "12345|sessions_alternate|1");
  CHECK(database.shown("SELECT evidence->>'sessions' FROM registry.suspected_clones", Login::ops) ==
        R"(["session-b-5", "session-a-6", "session-b-6"])");
  // One of them was switched off: it is over.
  for (int n = 7; n < 60; ++n)
    CHECK(connect(session("b", n), session("b", n - 1)) == Outcome::won);
  CHECK(found() == "12345|sessions_alternate|1");
}

TEST_CASE_METHOD(Sessions, "a copy that names no session shows by the other one's", "[clones]") {
  for (int n = 1; n <= 11; ++n) {
    CHECK(connect(session("a", n), n > 1 ? session("a", n - 1) : "") == Outcome::won);
    CHECK(connect(session("b", n)) == Outcome::won);
  }
  CHECK(found() == "12345|sessions_alternate|1");
}

TEST_CASE_METHOD(Sessions, "of two devices one connects much more often: they are seen all the same",
                 "[clones]") {
  std::string last_a, last_b;
  for (int n = 1; n <= 300 && found().empty(); ++n) {
    const bool is_b = n % 6 == 0;
    auto& last = is_b ? last_b : last_a;
    CHECK(connect(session("x", n), last) == Outcome::won);
    last = session("x", n);
  }
  CHECK(found() == "12345|sessions_alternate|1");
}

TEST_CASE_METHOD(Sessions, "a device that connects a thousand times leaves no sign", "[clones]") {
  for (int n = 1; n <= 1000; ++n) {
    const bool forgot = n % 7 == 0;                   // a power cut
    const int named = n % 5 == 0 ? n * 1000 : n - 1;  // a connected that never came
    CHECK(connect(session("a", n), forgot ? "" : session("a", named)) == Outcome::won);
    if (n % 3 == 0) CHECK(connect(session("a", n), forgot ? "" : session("a", named)) == Outcome::won);
  }
  CHECK(found().empty());
}

TEST_CASE_METHOD(Sessions, "what comes late, twice or in another order leaves no sign", "[clones]") {
  int n = 1;
  CHECK(connect(session("a", n)) == Outcome::won);
  for (; n < 100; n += 4) {
    // The broker held back what was said between.
    CHECK(connect(session("a", n + 3), session("a", n + 2)) == Outcome::won);
    CHECK(connect(session("a", n + 1), session("a", n)) == Outcome::won);
    for (int i = 0; i < 5; ++i)
      CHECK(connect(session("a", n + 2), session("a", n + 1)) == Outcome::late);
    for (int i = 0; i < 5; ++i)
      CHECK(connect(session("a", n + 3), session("a", n + 2)) == Outcome::late);
    for (int i = 4; i <= 20; ++i)
      CHECK(connect(session("a", n + i), session("a", n + i - 1)) == Outcome::won);
    n += 16;
  }
  CHECK(found().empty());
}

TEST_CASE_METHOD(Sessions, "a session that was named as the one before does not open again", "[clones]") {
  CHECK(connect(session("a", 1)) == Outcome::won);
  CHECK(connect(session("a", 3), session("a", 2)) == Outcome::won);
  CHECK(connect(session("a", 2), session("a", 1)) == Outcome::late);
  CHECK(database.shown("SELECT session FROM registry.presence") == session("a", 3));
}

TEST_CASE_METHOD(Sessions, "who names no session and opens 200 within ten minutes leaves a sign",
                 "[clones]") {
  for (int n = 0; n < 200; ++n)
    CHECK(connect(session("a", n)) == Outcome::won);
  CHECK(found().empty());
  CHECK(connect(session("a", 200)) == Outcome::won);
  CHECK(found() == "12345|connects_often|1");
}

TEST_CASE_METHOD(Sessions, "who opens 200 sessions in more than ten minutes leaves none", "[clones]") {
  for (int n = 0; n < 300; ++n) {
    if (n == 150) database.run("UPDATE registry.presence SET opened_since = now() - interval '11 minutes'");
    CHECK(connect(session("a", n)) == Outcome::won);
  }
  CHECK(found().empty());
}

TEST_CASE("who uses all the credentials of an hour and asks for another leaves a sign", "[clones]") {
  Database database;
  auto registry = database.registry();
  using enum registry::DeviceState;
  const auto asks = [&](const std::string& device, int generation) {
    const int key = generation + (device == "uses" ? 0 : 100);
    return commit_one(registry, with_key(device, static_cast<std::uint8_t>(key), generation - 1));
  };
  for (int generation = 1; generation <= 11; ++generation)
    for (const std::string device : {"uses", "wastes"}) {
      REQUIRE(asks(device, generation) == Outcome::won);
      if (device == "wastes") continue;
      const auto state = test::load_status(registry, device).device->state;
      REQUIRE(commit_one(registry, test::connected({device, state, connected, session(device, generation)},
                                                   generation)) == Outcome::won);
    }
  CHECK(signs(database).empty());
  for (int i = 0; i < 3; ++i)
    for (const std::string device : {"uses", "wastes"})
      CHECK(asks(device, 12) == Outcome::rate_limited);
  CHECK(signs(database) == "uses|asks_often|1");
  CHECK(database.shown("SELECT evidence->>'generations' FROM registry.suspected_clones", Login::ops) ==
        "[2, 11]");
}
