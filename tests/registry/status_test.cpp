#include "database.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::DeviceState;
using registry::Failure;
using registry::Outcome;
using test::commit_one;
using test::connected;
using test::Database;
using test::disconnected;
using test::Login;
using test::ready;

namespace {

constexpr const char* device_row =
    "SELECT state, config_version, applied_config_version, connected_at IS NOT NULL, ready_at IS NOT NULL, "
    "failure FROM "
    "registry.device";
constexpr const char* presence = "SELECT session, generation, online FROM registry.presence";
constexpr const char* credentials = "SELECT generation, status FROM registry.credential ORDER BY 1";
constexpr const char* states = "SELECT new_state FROM registry.event WHERE action = 'state' ORDER BY at";

/// One registered device and a connection for the service.
struct Fixture {
  Fixture() { test::register_devices(registry, {"12345"}); }

  void connect(const std::string& session = "session-1") {
    CHECK(commit_one(registry, connected({"12345", DeviceState::registered, DeviceState::connected,
                                          session})) == Outcome::won);
  }
  /// `connected` in this session, of which the broker is known to have had it no earlier than this long ago.
  Outcome outcome_of(const std::string& session, std::chrono::milliseconds ago = {}) {
    const auto state = test::load_status(registry, "12345").device->state;
    auto row = connected({"12345", state, DeviceState::connected, session});
    row.handed_over = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) - ago;
    return commit_one(registry, row);
  }
  void become_ready() {
    connect();
    CHECK(commit_one(registry, ready({"12345", DeviceState::connected, DeviceState::ready})) == Outcome::won);
  }
  void rotate(std::string_view request, std::int64_t expected) {
    CHECK(commit_one(registry, test::accepted({.device = "12345",
                                               .request = request,
                                               .expected = expected,
                                               .to_registered = false})) == Outcome::won);
  }

  Database database;
  registry::Registry registry = database.registry();
};

}  // namespace

TEST_CASE_METHOD(Fixture, "connected opens a session and puts the credential in use", "[status]") {
  connect();
  CHECK(database.shown(device_row) == "connected|1|0|t|f|-");
  CHECK(database.shown(presence) == "session-1|1|t");
  CHECK(database.shown("SELECT status, connected_at IS NOT NULL FROM registry.credential") == "active|t");
  CHECK(database.shown(states) == "registered\nconnected");
  const auto facts = test::load_status(registry, "12345");
  CHECK(facts.session == "session-1");
  REQUIRE(facts.credential);
  CHECK(facts.credential->generation == 1);
}

TEST_CASE_METHOD(Fixture, "connected twice in one session changes nothing", "[status]") {
  connect();
  const std::string at = database.shown("SELECT connected_at FROM registry.credential");
  CHECK(commit_one(registry, connected({"12345", DeviceState::connected, DeviceState::connected})) ==
        Outcome::won);
  CHECK(database.shown("SELECT connected_at FROM registry.credential") == at);
  CHECK(database.shown(states) == "registered\nconnected");
}

TEST_CASE_METHOD(Fixture, "connected under a new generation retires those below", "[status]") {
  become_ready();
  rotate("second", 1);
  CHECK(database.shown(credentials) == "1|active\n2|issued");
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-2"}, 2)) ==
        Outcome::won);
  CHECK(database.shown(credentials) == "1|retired\n2|active");
  CHECK(database.shown(presence) == "session-2|2|t");
  // The configuration is the current one, so it is ready still.
  CHECK(database.shown(device_row) == "ready|1|1|t|t|-");
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-3"}, 1)) ==
        Outcome::again);
}

TEST_CASE_METHOD(Fixture, "a plain connected opens the session and puts no credential in use", "[status]") {
  become_ready();
  rotate("second", 1);
  const auto as_before = database.shown("SELECT credentials_sent_at, confirmed FROM registry.device");
  for (const auto* session : {"session-2", "session-3"})
    CHECK(commit_one(registry, test::plainly_connected(
                                   {"12345", DeviceState::ready, DeviceState::ready, session}, 2)) ==
          Outcome::won);
  CHECK(database.shown(credentials) == "1|active\n2|issued");
  CHECK(database.shown(presence) == "session-3|2|t");
  CHECK(database.shown("SELECT credentials_sent_at, confirmed FROM registry.device") == as_before);
  // Only the signed one does, in a session that is open already too.
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-3"}, 2)) ==
        Outcome::won);
  CHECK(database.shown(credentials) == "1|retired\n2|active");
}

TEST_CASE_METHOD(Fixture,
                 "a credential that was used plainly only ends by use_by, and when the next one is issued",
                 "[status]") {
  CHECK(commit_one(registry, test::plainly_connected({"12345", DeviceState::registered,
                                                      DeviceState::connected})) == Outcome::won);
  CHECK(database.shown("SELECT status, connected_at FROM registry.credential") == "issued|-");
  CHECK(database.shown("SELECT state, connected_at IS NOT NULL FROM registry.device") == "connected|t");
  const std::string stuck = "SELECT problem FROM registry.stuck_devices WHERE problem LIKE '%confirm%'";
  CHECK(database.shown(stuck, Login::reader).empty());
  database.run("UPDATE registry.device SET registered_at = now() - interval '11 minutes'");
  CHECK(database.shown(stuck, Login::reader) == "did not confirm generation 1 by a signed connected");
  database.run("UPDATE registry.device SET confirmed = NULL");  // as the version before left it
  CHECK(database.shown(stuck, Login::reader) == "did not confirm generation 1 by a signed connected");
  database.run("UPDATE registry.credential SET use_by = now()");
  CHECK_FALSE(test::load_status(registry, "12345", 1).credential->live);
  rotate("second", 1);
  CHECK(database.shown(credentials) == "1|retired\n2|issued");
  CHECK(commit_one(registry, connected({"12345", DeviceState::connected, DeviceState::connected, "session-2"},
                                       2)) == Outcome::won);
  database.run("UPDATE registry.device SET credentials_sent_at = now() - interval '11 minutes'");
  CHECK(database.shown(stuck, Login::reader).empty());
}

TEST_CASE_METHOD(Fixture,
                 "the greatest generation that was confirmed is known until the device registers anew",
                 "[status]") {
  const auto confirmed = [&] {
    const auto facts = test::load_one(registry, test::key_of("12345"));
    CHECK(test::load_status(registry, "12345").device->confirmed == facts.device->confirmed);
    return facts.device->confirmed;
  };
  CHECK(confirmed() == 0);
  become_ready();
  CHECK(confirmed() == 1);
  rotate("second", 1);
  CHECK(confirmed() == 1);
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-2"}, 2)) ==
        Outcome::won);
  CHECK(confirmed() == 2);
  database.run("SELECT registry.reset('12345', 'moves')", Login::ops);
  CHECK(commit_one(registry, test::accepted({.device = "12345", .request = "third", .expected = 2})) ==
        Outcome::won);
  CHECK(confirmed() == 0);
}

TEST_CASE_METHOD(Fixture, "what a device used before the registry was migrated is confirmed", "[status]") {
  become_ready();
  rotate("second", 1);
  database.run("UPDATE registry.device SET confirmed = NULL");
  CHECK(test::load_status(registry, "12345").device->confirmed == 1);
  CHECK(test::load_one(registry, test::key_of("12345")).device->confirmed == 1);
  rotate("third", 2);
  CHECK(database.shown("SELECT confirmed FROM registry.device") == "1");
  database.run("UPDATE registry.device SET confirmed = NULL");
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-2"}, 1)) ==
        Outcome::won);
  CHECK(database.shown("SELECT confirmed FROM registry.device") == "1");
}

TEST_CASE_METHOD(Fixture, "of a service of the version before every connected puts its credential in use",
                 "[status]") {
  become_ready();
  rotate("second", 1);
  CHECK(
      database.shown(
          R"(SELECT outcome FROM registry.commit_statuses('[{"i":0,"device_id":"12345","kind":"connected",)"
          R"("session":"session-2","generation":2,"config_version":0,"expected":"ready","next":"ready"}]'))",
          Login::service) == "won");
  CHECK(database.shown(credentials) == "1|retired\n2|active");
  CHECK(database.shown("SELECT confirmed FROM registry.device") == "2");
  CHECK(database.shown(R"(SELECT credential_generation, live FROM registry.load_statuses()"
                       R"('[{"i":0,"device_id":"12345","generation":2}]'))",
                       Login::service) == "2|t");
}

TEST_CASE_METHOD(Fixture, "for a signed connected the registry says where the device was told to be",
                 "[status]") {
  using Endpoints = std::vector<std::string>;
  const auto endpoints = [&](bool is_signed) {
    return test::load_status(registry, "12345", 1, is_signed).endpoints;
  };
  const auto set = [&](const std::string& column, const std::string& host) {
    database.run("SELECT registry.set_fleet_endpoint('" + host + "', 8883, true, NULL, 'moves')", Login::ops);
    database.run("UPDATE registry.device SET " + column +
                 " = (SELECT sha256(convert_to(endpoint::text, 'UTF8')) FROM registry.fleet_config)");
  };
  CHECK(endpoints(true) == Endpoints{"", ""});
  set("endpoint_given", "a.example");
  set("endpoint", "b.example");
  CHECK(endpoints(true) == Endpoints{R"({"tls": true, "host": "a.example", "port": 8883})",
                                     R"({"tls": true, "host": "b.example", "port": 8883})"});
  CHECK(endpoints(false).empty());
  // One that was set before this version, and is set no more.
  database.run("DELETE FROM registry.known_endpoint WHERE endpoint->>'host' = 'a.example'");
  CHECK(endpoints(true).size() == 1);
}

TEST_CASE_METHOD(Fixture, "for a signed connected the registry says what its proof is checked against",
                 "[status]") {
  CHECK(test::load_status(registry, "12345", 1, true).credential->certificate.size() == 64);
  CHECK(test::load_status(registry, "12345", 1).credential->certificate.empty());
}

TEST_CASE_METHOD(Fixture, "connected under the old credential leaves the new one to be used", "[status]") {
  become_ready();
  rotate("second", 1);
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-2"}, 1)) ==
        Outcome::won);
  CHECK(database.shown(credentials) == "1|active\n2|issued");
  CHECK(database.shown(presence) == "session-2|1|t");
}

TEST_CASE_METHOD(Fixture, "connected under a credential that is not live does not count", "[status]") {
  rotate("second", 1);  // the first was never used: it is retired
  for (const std::int64_t generation : {1, 3}) {
    CHECK(commit_one(registry, connected({"12345", DeviceState::registered, DeviceState::connected},
                                         generation)) == Outcome::again);
  }
  CHECK(database.shown(presence).empty());
  CHECK(database.shown("SELECT state FROM registry.device") == "registered");
}

TEST_CASE_METHOD(Fixture, "ready counts in the open session only", "[status]") {
  const auto outcome_in = [&](const std::string& session, DeviceState expected) {
    return commit_one(registry, ready({"12345", expected, DeviceState::ready, session}));
  };
  CHECK(outcome_in("session-1", DeviceState::registered) == Outcome::again);
  connect("session-1");
  CHECK(outcome_in("session-2", DeviceState::connected) == Outcome::again);
  CHECK(commit_one(registry, disconnected({"12345", DeviceState::connected, DeviceState::connected})) ==
        Outcome::won);
  CHECK(outcome_in("session-1", DeviceState::connected) == Outcome::again);
  CHECK(database.shown("SELECT state, applied_config_version FROM registry.device") == "connected|0");
}

TEST_CASE_METHOD(Fixture, "ready acknowledges a configuration, and its attributes are reported", "[status]") {
  connect();
  auto row = ready({"12345", DeviceState::connected, DeviceState::ready});
  row.status.attributes = R"({"firmware_version":"2"})";
  CHECK(commit_one(registry, row) == Outcome::won);
  CHECK(database.shown(device_row) == "ready|1|1|t|t|-");
  CHECK(database.shown("SELECT attributes, reported FROM registry.devices") ==
        R"({}|{"firmware_version": "2"})");
  CHECK(database.shown(states) == "registered\nconnected\nready");
}

TEST_CASE_METHOD(Fixture, "ready with an older configuration keeps the device connected", "[status]") {
  connect();
  database.run("UPDATE registry.device SET config_version = 3");
  CHECK(commit_one(registry, ready({"12345", DeviceState::connected, DeviceState::connected}, 2)) ==
        Outcome::won);
  CHECK(database.shown(device_row) == "connected|3|2|t|f|-");
  // Nobody acknowledges what there is not, nor takes back what was acknowledged.
  CHECK(commit_one(registry, ready({"12345", DeviceState::connected, DeviceState::connected}, 9)) ==
        Outcome::won);
  CHECK(database.shown("SELECT applied_config_version FROM registry.device") == "3");
  CHECK(commit_one(registry, ready({"12345", DeviceState::connected, DeviceState::connected}, 1)) ==
        Outcome::won);
  CHECK(database.shown("SELECT applied_config_version FROM registry.device") == "3");
}

TEST_CASE_METHOD(Fixture, "a late will of an older session ends nothing", "[status]") {
  become_ready();
  CHECK(commit_one(registry, connected({"12345", DeviceState::ready, DeviceState::ready, "session-2"})) ==
        Outcome::won);
  CHECK(commit_one(registry, disconnected({"12345", DeviceState::ready, DeviceState::ready, "session-1"})) ==
        Outcome::again);
  CHECK(database.shown(presence) == "session-2|1|t");
}

TEST_CASE_METHOD(Fixture, "a session that ended does not open again", "[status]") {
  for (const std::string session : {"session-a", "session-b", "session-c"})
    CHECK(outcome_of(session) == Outcome::won);
  for (const std::string session : {"session-a", "session-b"})
    CHECK(outcome_of(session) == Outcome::late);
  CHECK(database.shown(presence) == "session-c|1|t");
  CHECK(outcome_of("session-c") == Outcome::won);
  CHECK(commit_one(registry, disconnected({"12345", DeviceState::connected, DeviceState::connected,
                                           "session-c"})) == Outcome::won);
  CHECK(outcome_of("session-c") == Outcome::late);
  CHECK(database.shown(presence) == "session-c|1|f");
  CHECK(outcome_of("session-d") == Outcome::won);
}

TEST_CASE_METHOD(Fixture, "a connected that is older than the open session's last word does not count",
                 "[status]") {
  using namespace std::chrono_literals;
  CHECK(outcome_of("session-b", 5s) == Outcome::won);  // nothing was open
  CHECK(outcome_of("session-a", 5s) == Outcome::late);
  CHECK(database.shown(presence) == "session-b|1|t");
  // When it was handed over is known to 0.4 s: a device that connects anew at once is not kept
  // waiting.
  CHECK(outcome_of("session-b-2", 300ms) == Outcome::won);
  // What it repeats was handed over later.
  CHECK(outcome_of("session-c") == Outcome::won);
  CHECK(database.shown(presence) == "session-c|1|t");
  CHECK(outcome_of("session-c", 5s) == Outcome::won);
}

TEST_CASE_METHOD(Fixture, "a time that a wrong clock left in the future keeps no device from connecting",
                 "[status]") {
  CHECK(outcome_of("session-a") == Outcome::won);
  database.run("UPDATE registry.presence SET last_seen_at = now() + interval '2 days'");
  CHECK(outcome_of("session-b") == Outcome::won);
}

TEST_CASE_METHOD(Fixture, "of a device that connects again and again eight sessions are remembered",
                 "[status]") {
  for (int i = 0; i < 20; ++i)
    CHECK(outcome_of("session-" + std::to_string(i)) == Outcome::won);
  CHECK(database.shown("SELECT cardinality(ended_sessions) FROM registry.presence") == "8");
  CHECK(outcome_of("session-11") == Outcome::late);
}

TEST_CASE_METHOD(Fixture, "disconnected is presence, not a step back", "[status]") {
  become_ready();
  CHECK(commit_one(registry, disconnected({"12345", DeviceState::ready, DeviceState::ready})) ==
        Outcome::won);
  CHECK(database.shown(presence) == "session-1|1|f");
  CHECK(database.shown("SELECT state, online FROM registry.devices", Login::reader) == "ready|f");
  CHECK(database.shown(states) == "registered\nconnected\nready");
  CHECK(test::load_status(registry, "12345").session.empty());
}

TEST_CASE_METHOD(Fixture, "failed changes no state and says why, until the device is ready", "[status]") {
  connect();
  CHECK(commit_one(registry, test::failed({"12345", DeviceState::connected, DeviceState::connected},
                                          "no_flash", "no room for the configuration")) == Outcome::won);
  CHECK(database.shown("SELECT state, failure, failed_at IS NOT NULL FROM registry.device") ==
        "connected|no_flash: no room for the configuration|t");
  CHECK(database.shown(states) == "registered\nconnected");
  CHECK(commit_one(registry, ready({"12345", DeviceState::connected, DeviceState::ready})) == Outcome::won);
  CHECK(database.shown("SELECT failure FROM registry.device") == "-");
  // A device that was ready all along, and says again that it is.
  CHECK(commit_one(registry, test::failed({"12345", DeviceState::ready, DeviceState::ready}, "hot",
                                          "90 C")) == Outcome::won);
  CHECK(database.shown("SELECT failure FROM registry.device") == "hot: 90 C");
  CHECK(commit_one(registry, ready({"12345", DeviceState::ready, DeviceState::ready})) == Outcome::won);
  CHECK(database.shown("SELECT failure FROM registry.device") == "-");
}

TEST_CASE_METHOD(Fixture, "a status that was decided on another state is decided again", "[status]") {
  connect();
  database.run("SELECT registry.suspend('12345', 'lost')", Login::ops);
  CHECK(commit_one(registry, ready({"12345", DeviceState::connected, DeviceState::ready})) == Outcome::again);
  CHECK(commit_one(registry, connected({"12345", DeviceState::connected, DeviceState::connected,
                                        "session-2"})) == Outcome::again);
  CHECK(database.shown("SELECT state FROM registry.device") == "suspended");
  CHECK(database.shown(presence) == "session-1|1|t");
}

TEST_CASE_METHOD(Fixture, "a status of a device that is not registered is decided again and makes nothing",
                 "[status]") {
  CHECK(commit_one(registry, connected({"nobody", DeviceState::registered, DeviceState::connected})) ==
        Outcome::again);
  CHECK(database.shown("SELECT count(*) FROM registry.device") == "1");
  CHECK(database.shown(presence).empty());
}

TEST_CASE_METHOD(Fixture, "a bad status is poison, and nothing of the batch is written", "[status]") {
  test::register_devices(registry, {"other"});
  connect();
  auto attributes = ready({"12345", DeviceState::connected, DeviceState::ready});
  attributes.status.attributes = R"({"model":"\u0000"})";
  const std::vector rows = {connected({"other", DeviceState::registered, DeviceState::connected}),
                            attributes};
  const auto outcomes = commit_statuses(registry, rows);
  REQUIRE_FALSE(outcomes);
  CHECK(outcomes.error().failure == Failure::poison);
  CHECK(database.shown("SELECT state FROM registry.device WHERE device_id = 'other'") == "registered");
}

// The contract forbids it; if it happens all the same, the batch is split and each gets its own turn.
TEST_CASE_METHOD(Fixture, "a device that connects twice in one batch is poison", "[status]") {
  const std::vector rows = {
      connected({"12345", DeviceState::registered, DeviceState::connected, "session-1"}),
      connected({"12345", DeviceState::registered, DeviceState::connected, "session-2"})};
  const auto outcomes = commit_statuses(registry, rows);
  REQUIRE_FALSE(outcomes);
  CHECK(outcomes.error().failure == Failure::poison);
  CHECK(database.shown(presence).empty());
  connect();
}
