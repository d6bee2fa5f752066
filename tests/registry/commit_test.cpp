#include "database.hpp"
#include "registry/housekeeping.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using registry::DecidedRequest;
using registry::DeviceState;
using registry::Failure;
using registry::Outcome;
using registry::Reason;
using registry::Sent;
using test::accepted;
using test::commit_one;
using test::Database;
using test::load_one;
using test::Login;

namespace {

constexpr const char* device_row =
    "SELECT device_id, group_name, enrolled_by, state, generation, attributes, config_version, "
    "applied_config_version, "
    "requested_at IS NOT NULL, registered_at IS NOT NULL, credentials_sent_at, connected_at, ready_at FROM "
    "registry.device ORDER BY 1";
constexpr const char* events =
    "SELECT device_id, action, old_state, new_state, generation FROM registry.event ORDER BY at, device_id";
constexpr const char* credentials =
    "SELECT generation, request_id, status FROM registry.credential ORDER BY device_id, generation";
constexpr const char* attempts =
    "SELECT device_id, decision, code, reason || coalesce(': ' || detail, ''), group_name FROM "
    "registry.attempt "
    "ORDER BY device_id, "
    "received_at";

std::string credential_line(std::int64_t generation, std::string_view request, std::string_view status) {
  return std::to_string(generation) + "|" + test::request_id(request) + "|" + std::string(status);
}

void make_capped_group(Database& database, int max) {
  database.run("SELECT registry.enroll_group('capped', 'symmetric_key', '\\x01' || sha512('\\x00'), " +
                   std::to_string(max) + ")",
               Login::ops);
}

DecidedRequest newcomer(const std::string& device) {
  return accepted({.device = device, .group = "capped", .quota = "group:capped"});
}

/// A rotation: a registered device gets another credential.
DecidedRequest rotation(const std::string& device, std::string_view request, std::int64_t expected) {
  return accepted({.device = device, .request = request, .expected = expected, .to_registered = false});
}

void mark_sent(registry::Registry& registry, const std::string& device, std::int64_t generation) {
  const Sent sent{device, generation};
  REQUIRE(mark_sent(registry, std::span(&sent, 1)));
}

}  // namespace

TEST_CASE("a registration writes one device, one credential, one attempt and one event", "[commit]") {
  Database database;
  auto registry = database.registry();
  CHECK(commit_one(registry, accepted({.device = "12345", .attributes = R"({"model":"m1"})"})) ==
        Outcome::won);
  CHECK(database.shown(device_row) == R"(12345|-|device|registered|1|{"model": "m1"}|1|0|t|t|-|-|-)");
  CHECK(database.shown(credentials) == credential_line(1, "first", "issued"));
  CHECK(database.shown(attempts) == "12345|accepted|-|-|-");
  CHECK(database.shown(events) == "12345|state|off|registered|1");
}

TEST_CASE("a rejection writes the ledger and nothing else", "[commit]") {
  Database database;
  auto registry = database.registry();
  CHECK(commit_one(registry, test::rejected("12345", Reason::no_enrolment)) == Outcome::noted);
  CHECK(database.shown(attempts) == "12345|rejected|unauthorized|no_enrolment|-");
  CHECK(database.shown(device_row).empty());
  CHECK(database.shown(credentials).empty());
  CHECK(database.shown(events).empty());
}

TEST_CASE("the outcomes come in the order of the rows, whatever the ids", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"b"});
  const std::vector rows = {accepted({.device = "z"}), test::rejected("m", Reason::wrong_key),
                            accepted({.device = "b"}), accepted({.device = "a"}), test::repeated("b", 1)};
  // b is twice in it: only as one that wants nothing, which is no conflict.
  const auto outcomes = commit_requests(registry, rows);
  REQUIRE(outcomes);
  CHECK(*outcomes == std::vector{Outcome::won, Outcome::noted, Outcome::again, Outcome::won, Outcome::noted});
}

TEST_CASE("an empty batch is no error", "[commit]") {
  Database database;
  auto registry = database.registry();
  const auto outcomes = commit_requests(registry, {});
  REQUIRE(outcomes);
  CHECK(outcomes->empty());
}

TEST_CASE("the loser of a registration is told to load again, and then sees the winner's", "[commit]") {
  Database database;
  auto one = database.registry();
  auto other = database.registry();
  const auto winner = accepted({.device = "12345"});
  CHECK(commit_one(one, winner) == Outcome::won);
  CHECK(commit_one(other, accepted({.device = "12345"})) == Outcome::again);
  const auto facts = load_one(other, test::key_of("12345"));
  REQUIRE(facts.same_request);
  CHECK(facts.same_request->certificate == winner.registration->credential.certificate);
  // What lost is no attempt: it is decided again, and noted then.
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "1");
  CHECK(database.shown(events) == "12345|state|off|registered|1");
}

TEST_CASE("a rotation that expects an older generation is told to load again", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  CHECK(commit_one(registry, rotation("12345", "second", 1)) == Outcome::won);
  CHECK(commit_one(registry, rotation("12345", "third", 1)) == Outcome::again);
  CHECK(commit_one(registry, rotation("12345", "third", 2)) == Outcome::won);
}

TEST_CASE("a newer issue retires the unused one and keeps the one in use", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  CHECK(commit_one(registry, rotation("12345", "second", 1)) == Outcome::won);
  CHECK(database.shown(credentials) ==
        credential_line(1, "first", "retired") + "\n" + credential_line(2, "second", "issued"));
  commit_one(registry, test::connected({"12345", DeviceState::registered, DeviceState::connected}, 2));
  CHECK(commit_one(registry, rotation("12345", "third", 2)) == Outcome::won);
  CHECK(commit_one(registry, rotation("12345", "fourth", 3)) == Outcome::won);
  CHECK(database.shown("SELECT generation, status FROM registry.credential ORDER BY 1") ==
        "1|retired\n2|active\n3|retired\n4|issued");
}

TEST_CASE("a rotation keeps the state and what was acknowledged, and is one event of its own", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  commit_one(registry, test::connected({"12345", DeviceState::registered, DeviceState::connected}));
  commit_one(registry, test::ready({"12345", DeviceState::connected, DeviceState::ready}));
  mark_sent(registry, "12345", 1);
  CHECK(commit_one(registry, rotation("12345", "second", 1)) == Outcome::won);
  CHECK(database.shown(
            "SELECT state, generation, applied_config_version, credentials_sent_at, ready_at IS NOT NULL "
            "FROM registry.device") == "ready|2|1|-|t");
  CHECK(database.shown(events) ==
        "12345|state|off|registered|1\n12345|state|registered|connected|1\n12345|state|connected|ready|1\n"
        "12345|credential|ready|ready|2");
}

TEST_CASE("a rotation without attributes keeps those that are known", "[commit]") {
  Database database;
  auto registry = database.registry();
  auto first = accepted({.device = "12345", .attributes = R"({"model":"m1"})"});
  first.registration->reported = R"({"site":"s1"})";
  commit_one(registry, first);
  commit_one(registry, rotation("12345", "second", 1));
  constexpr const char* known = "SELECT attributes, reported FROM registry.devices";
  CHECK(database.shown(known) == R"({"model": "m1"}|{"site": "s1"})");
  auto third = rotation("12345", "third", 2);
  third.registration->reported = R"({"site":"s2"})";
  commit_one(registry, third);
  CHECK(database.shown(known) == R"({"model": "m1"}|{"site": "s2"})");
}

TEST_CASE("what waits for approval is reported, and over when the device registers", "[commit]") {
  Database database;
  auto registry = database.registry();
  registry::DecidedRequest waiting{test::attempt_of("12345", "pending"), {}, {}, registry::Waiting()};
  waiting.waiting->attributes = R"({"model":"m1"})";
  commit_one(registry, waiting);
  CHECK(database.shown("SELECT attributes FROM registry.pending_approvals") == R"({"model": "m1"})");
  CHECK(test::load_one(registry, test::key_of("12345")).device->attributes == "{}");
  commit_one(registry, accepted({.device = "12345", .expected = 0}));
  CHECK(database.shown("SELECT state, attributes, reported FROM registry.devices") == "registered|{}|{}");
}

TEST_CASE("after a reset a device registers anew with the next generation, and old request_ids stay used",
          "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  commit_one(registry, test::connected({"12345", DeviceState::registered, DeviceState::connected}));
  commit_one(registry, test::ready({"12345", DeviceState::connected, DeviceState::ready}));
  database.run("SELECT registry.reset('12345', 'sold')", Login::ops);

  const auto facts = load_one(registry, test::key_of("12345"));
  REQUIRE(facts.device);
  CHECK(facts.device->state == DeviceState::off);
  CHECK(facts.device->enrolled_by.empty());
  REQUIRE(facts.same_request);
  CHECK_FALSE(facts.same_request->live);

  // A rotation that was decided before the reset may not bring it back by the old owner's proof.
  CHECK(commit_one(registry, rotation("12345", "sneaky", 1)) == Outcome::again);
  CHECK(commit_one(registry, accepted({.device = "12345", .request = "second", .expected = 1})) ==
        Outcome::won);
  CHECK(database.shown(device_row) == "12345|-|device|registered|2|{}|1|0|t|t|-|-|-");
  CHECK(database.shown(credentials) ==
        credential_line(1, "first", "revoked") + "\n" + credential_line(2, "second", "issued"));
}

TEST_CASE("a request_id that was used is refused by the registry itself", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345", "other"});
  const auto row = rotation("12345", "first", 1);
  const auto outcome = commit_requests(registry, std::span(&row, 1));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::poison);
  CHECK(database.shown("SELECT generation FROM registry.device WHERE device_id = '12345'") == "1");
  // Another device may use the same.
  CHECK(commit_one(registry, rotation("other", "second", 1)) == Outcome::won);
}

TEST_CASE("a serial number is given once", "[commit]") {
  Database database;
  auto registry = database.registry();
  auto row = accepted({.device = "a"});
  CHECK(commit_one(registry, row) == Outcome::won);
  const auto serial = row.registration->credential.serial;
  row = accepted({.device = "b"});
  row.registration->credential.serial = serial;
  const auto outcome = commit_requests(registry, std::span(&row, 1));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::poison);
}

TEST_CASE("a repeat is noted while its credential is live", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  CHECK(commit_one(registry, test::repeated("12345", 1)) == Outcome::noted);
  CHECK(database.shown("SELECT decision FROM registry.attempt ORDER BY 1") == "accepted\nrepeated");
  CHECK(database.shown("SELECT count(*) FROM registry.event") == "1");
}

TEST_CASE("a repeat whose device an operator stopped in between is decided again", "[commit]") {
  const auto* act =
      GENERATE("SELECT registry.suspend('12345', 'lost')", "SELECT registry.revoke('12345', 'stolen')",
               "SELECT registry.reset('12345', 'sold')");
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  database.run(act, Login::ops);
  CHECK(commit_one(registry, test::repeated("12345", 1)) == Outcome::again);
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "1");
}

TEST_CASE("a repeat whose credential ended in between is decided again", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  commit_one(registry, rotation("12345", "second", 1));
  CHECK(commit_one(registry, test::repeated("12345", 1)) == Outcome::again);
  CHECK(commit_one(registry, test::repeated("12345", 2)) == Outcome::noted);
}

TEST_CASE("a suspended or revoked device gets no credential, whatever was decided before", "[commit]") {
  const auto* act =
      GENERATE("SELECT registry.suspend('12345', 'lost')", "SELECT registry.revoke('12345', 'stolen')");
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  database.run(act, Login::ops);
  const std::string before = database.shown(device_row);
  CHECK(commit_one(registry, rotation("12345", "second", 1)) == Outcome::again);
  CHECK(commit_one(registry, accepted({.device = "12345", .request = "third", .expected = 1})) ==
        Outcome::again);
  CHECK(commit_one(registry, accepted({.device = "12345", .request = "fourth"})) == Outcome::again);
  CHECK(database.shown(device_row) == before);
  CHECK(database.shown("SELECT count(*) FROM registry.credential") == "1");
}

TEST_CASE("a quota is counted to its end, and whoever is over it is a rejection in the ledger", "[commit]") {
  Database database;
  make_capped_group(database, 2);
  auto registry = database.registry();
  const std::vector rows = {newcomer("c"), newcomer("a"), newcomer("b")};
  const auto outcomes = commit_requests(registry, rows);
  REQUIRE(outcomes);
  CHECK(*outcomes == std::vector{Outcome::won, Outcome::won, Outcome::quota_exceeded});
  CHECK(database.shown("SELECT name, used, max FROM registry.quota") == "group:capped|2|2");
  CHECK(database.shown(attempts) ==
        "a|accepted|-|-|capped\nb|rejected|quota_exceeded|quota_used_up: group:capped|capped\n"
        "c|accepted|-|-|capped");
  CHECK(database.shown("SELECT count(*) FROM registry.device") == "2");
  // Who is in stays in: a rotation counts nothing.
  auto second = accepted({.device = "a",
                          .request = "second",
                          .expected = 1,
                          .to_registered = false,
                          .group = "capped",
                          .quota = "group:capped"});
  CHECK(commit_one(registry, second) == Outcome::won);
  CHECK(database.shown("SELECT used FROM registry.quota") == "2");
}

TEST_CASE("a newcomer who loses a race uses no quota", "[commit]") {
  Database database;
  make_capped_group(database, 2);
  auto registry = database.registry();
  CHECK(commit_one(registry, newcomer("a")) == Outcome::won);
  CHECK(commit_one(registry, newcomer("a")) == Outcome::again);
  CHECK(commit_one(registry, newcomer("b")) == Outcome::won);
  CHECK(database.shown("SELECT used FROM registry.quota") == "2");
}

TEST_CASE("one bad row in a batch is poison, nothing of the batch is written, and the connection goes on",
          "[commit]") {
  Database database;
  auto registry = database.registry();
  auto bad_attributes = accepted({.device = "bad", .attributes = R"({"model":"\u0000"})"});
  auto bad_id = test::rejected("no id at all", Reason::wrong_key);
  auto bad_time = accepted({.device = "bad"});
  bad_time.registration->credential.not_after = bad_time.registration->credential.not_before;
  for (const auto& bad : {bad_attributes, bad_id, bad_time}) {
    const std::vector rows = {accepted({.device = "good"}), bad, test::rejected("other", Reason::wrong_key)};
    const auto outcomes = commit_requests(registry, rows);
    REQUIRE_FALSE(outcomes);
    CHECK(outcomes.error().failure == Failure::poison);
    CHECK_FALSE(outcomes.error().what.empty());
    CHECK(database.shown(device_row).empty());
    CHECK(database.shown(attempts).empty());
  }
  CHECK(commit_one(registry, accepted({.device = "good"})) == Outcome::won);
}

// The contract forbids it; if it happens all the same, the batch is split and each gets its own turn.
TEST_CASE("a newcomer twice in one batch is poison, and neither of them is registered", "[commit]") {
  Database database;
  auto registry = database.registry();
  const std::vector rows = {accepted({.device = "12345"}),
                            accepted({.device = "12345", .request = "second"})};
  const auto outcomes = commit_requests(registry, rows);
  REQUIRE_FALSE(outcomes);
  CHECK(outcomes.error().failure == Failure::poison);
  CHECK(database.shown(device_row).empty());
}

TEST_CASE("a registered device twice in one batch gets one credential, and the other row its turn again",
          "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  const std::vector rows = {rotation("12345", "second", 1), rotation("12345", "third", 1)};
  auto outcomes = commit_requests(registry, rows);
  REQUIRE(outcomes);
  std::ranges::sort(*outcomes);
  CHECK(*outcomes == std::vector{Outcome::won, Outcome::again});
  CHECK(database.shown("SELECT generation, status FROM registry.credential ORDER BY 1") ==
        "1|retired\n2|issued");
  CHECK(database.shown("SELECT generation FROM registry.device") == "2");
}

TEST_CASE("credentials are marked as sent for the current generation only, and once", "[commit]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  const auto sent_at = [&] { return database.shown("SELECT credentials_sent_at FROM registry.device"); };
  mark_sent(registry, "12345", 2);
  CHECK(sent_at() == "-");
  mark_sent(registry, "12345", 1);
  const std::string first = sent_at();
  CHECK(first != "-");
  mark_sent(registry, "12345", 1);
  CHECK(sent_at() == first);

  commit_one(registry, rotation("12345", "second", 1));
  mark_sent(registry, "12345", 1);
  CHECK(sent_at() == "-");
  mark_sent(registry, "12345", 2);
  CHECK(sent_at() != "-");
  mark_sent(registry, "nobody", 1);
  // It is no change of state.
  CHECK(database.shown("SELECT count(*) FROM registry.event") == "2");
}
