#include "database.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using registry::Outcome;
using test::accepted;
using test::commit_one;
using test::Database;
using test::load_one;
using test::Login;
using test::with_key;

namespace {

registry::DecidedRequest waits(const std::string& device, std::uint8_t digest,
                               std::optional<std::int64_t> expected = {}) {
  registry::DecidedRequest row{test::attempt_of(device, "pending"), {}, {}, {}};
  row.waiting = registry::Waiting{expected, {digest}, "{}", {}, {}, {}, {}};
  return row;
}

/// A registration after a reset, by another group.
registry::DecidedRequest comes_back(const std::string& device, std::string_view request,
                                    std::int64_t expected, const std::string& group) {
  return accepted({.device = device,
                   .request = request,
                   .expected = expected,
                   .group = group,
                   .quota = "group:" + group});
}

std::string quotas(Database& database) {
  return database.shown("SELECT name, used FROM registry.quota ORDER BY 1");
}

void enrol(Database& database, const std::string& group, int max) {
  database.run("SELECT registry.enroll_group('" + group + "', 'symmetric_key', '\\x01' || sha512('\\x00'), " +
                   std::to_string(max) + ")",
               Login::ops);
}

}  // namespace

TEST_CASE("the first request that waits is the one that is approved", "[admission]") {
  Database database;
  auto registry = database.registry();
  CHECK(commit_one(registry, waits("d", 1)) == Outcome::noted);
  CHECK(commit_one(registry, waits("d", 2, 0)) == Outcome::noted);
  auto facts = load_one(registry, test::key_of("d"));
  CHECK(facts.device->state == registry::DeviceState::provisioning_requested);
  CHECK(facts.device->waiting == crypto::Sha256Digest{1});
  database.run("SELECT registry.approve('d', 'why')", Login::ops);
  facts = load_one(registry, test::key_of("d"));
  CHECK(facts.device->approved == crypto::Sha256Digest{1});
  CHECK_FALSE(facts.device->waiting);
  CHECK(commit_one(registry, accepted({.device = "d", .expected = 0})) == Outcome::won);
  CHECK(database.shown("SELECT state, generation FROM registry.devices") == "registered|1");
  CHECK(database.shown("SELECT action FROM registry.event WHERE action = 'approve'") == "approve");
}

TEST_CASE("a rejected request does not wait, and another one may", "[admission]") {
  Database database;
  auto registry = database.registry();
  CHECK(commit_one(registry, waits("d", 1)) == Outcome::noted);
  CHECK(database.shown("SELECT device_id FROM registry.pending_approvals", Login::ops) == "d");
  database.run("SELECT registry.reject('d', 'unknown')", Login::ops);
  CHECK(database.shown("SELECT device_id FROM registry.pending_approvals", Login::ops).empty());
  CHECK(load_one(registry, test::key_of("d")).device->rejected == crypto::Sha256Digest{1});
  CHECK(commit_one(registry, waits("d", 2, 0)) == Outcome::noted);
  CHECK(load_one(registry, test::key_of("d")).device->waiting == crypto::Sha256Digest{2});
  CHECK(database.refusal("SELECT registry.approve('other', 'why')", Login::ops).state == "55000");
}

TEST_CASE("who waits twice at once waits once", "[admission]") {
  Database database;
  auto one = database.registry();
  auto other = database.registry();
  CHECK(commit_one(one, waits("d", 1)) == Outcome::noted);
  CHECK(commit_one(other, waits("d", 2)) == Outcome::again);
  CHECK(load_one(one, test::key_of("d")).device->waiting == crypto::Sha256Digest{1});
}

TEST_CASE("a device counts once, in the group that it is in", "[admission]") {
  Database database;
  enrol(database, "first", 1);
  enrol(database, "second", 1);
  auto registry = database.registry();
  CHECK(commit_one(registry, accepted({.device = "d", .group = "first", .quota = "group:first"})) ==
        Outcome::won);
  CHECK(quotas(database) == "group:first|1\ngroup:second|0");
  database.run("SELECT registry.reset('d', 'moves')", Login::ops);
  CHECK(commit_one(registry, comes_back("d", "b", 1, "second")) == Outcome::won);
  CHECK(quotas(database) == "group:first|0\ngroup:second|1");
  database.run("SELECT registry.reset('d', 'again')", Login::ops);
  CHECK(commit_one(registry, comes_back("d", "c", 2, "second")) == Outcome::won);
  CHECK(quotas(database) == "group:first|0\ngroup:second|1");
  CHECK(commit_one(registry, accepted({.device = "e", .group = "second", .quota = "group:second"})) ==
        Outcome::quota_exceeded);
}

TEST_CASE("a registered device gets ten new credentials within an hour, and a reset begins anew", "[rates]") {
  Database database;
  auto registry = database.registry();
  const auto asks = [&](std::int64_t expected, bool registers = false) {
    auto row = with_key("d", 1, expected);
    row.registration->to_registered = registers || expected == 0;
    return commit_one(registry, row);
  };
  for (int expected = 0; expected <= 10; ++expected)
    REQUIRE(asks(expected) == Outcome::won);
  CHECK(asks(11) == Outcome::rate_limited);
  CHECK(database.shown("SELECT generation FROM registry.device") == "11");
  CHECK(database.shown("SELECT count(*) FROM registry.credential") == "11");
  CHECK(database.shown("SELECT decision, code, reason FROM registry.attempt WHERE decision <> 'accepted'") ==
        "retry|rate_limited|too_many_credentials");
  // One has left the hour.
  database.run(
      "UPDATE registry.credential SET issued_at = now() - interval '61 minutes' WHERE generation <= 2");
  CHECK(asks(11) == Outcome::won);
  CHECK(asks(12) == Outcome::rate_limited);
  database.run("SELECT registry.reset('d', 'on the bench')", Login::ops);
  CHECK(asks(12, true) == Outcome::won);
  CHECK(asks(13) == Outcome::won);
}

TEST_CASE("a group says how many new credentials its devices get within an hour", "[rates]") {
  Database database;
  auto registry = database.registry();
  enrol(database, "bench", 10);
  const auto rotates = [&](std::int64_t expected) {
    auto row = with_key("d", 1, expected);
    row.attempt.group = "bench";
    return commit_one(registry, row);
  };
  REQUIRE(rotates(0) == Outcome::won);
  database.run("SELECT registry.set_group_policy('bench', '{\"credentials_per_hour\": 2}', 'why')",
               Login::ops);
  CHECK(rotates(1) == Outcome::won);
  CHECK(rotates(2) == Outcome::won);
  CHECK(rotates(3) == Outcome::rate_limited);
  database.run("SELECT registry.set_group_policy('bench', '{\"credentials_per_hour\": 3}', 'why')",
               Login::ops);
  CHECK(rotates(3) == Outcome::won);
  // Whose credentials live for ten minutes has to renew them.
  database.run("SELECT registry.set_group_policy('bench', '{\"lifetime_s\": 600}', 'why')", Login::ops);
  for (int expected = 4; expected < 19; ++expected)
    REQUIRE(rotates(expected) == Outcome::won);
  CHECK(rotates(19) == Outcome::rate_limited);
  CHECK(database.shown("SELECT credentials_per_hour FROM registry.groups", Login::reader) == "3");
  test::check_refused(database, {"set_group_policy('bench', '{\"credentials_per_hour\": 0}', 'why')", "22023",
                                 "credentials_per_hour"});
}

TEST_CASE("no more devices wait for approval than could be registered", "[admission]") {
  Database database;
  enrol(database, "capped", 5);
  auto registry = database.registry();
  const auto wait = [&](const std::string& device, const std::string& quota = "group:capped") {
    auto row = waits(device, 1);
    row.attempt.group = "capped";
    row.waiting->quota = quota;
    return row;
  };
  REQUIRE(commit_one(registry, accepted({.device = "in", .group = "capped", .quota = "group:capped"})) ==
          Outcome::won);
  std::vector<registry::DecidedRequest> rows;
  for (int n = 0; n < 20; ++n)
    rows.push_back(wait("meter-" + std::to_string(n)));
  const auto outcomes = commit_requests(registry, rows);
  REQUIRE(outcomes);
  CHECK(std::ranges::count(*outcomes, Outcome::noted) == 4);
  CHECK(std::ranges::count(*outcomes, Outcome::too_many_wait) == 16);
  CHECK(commit_one(registry, wait("later")) == Outcome::too_many_wait);
  CHECK(database.shown("SELECT count(*) FROM registry.device") == "5");
  CHECK(
      database.shown("SELECT code, reason, count(*) FROM registry.attempt WHERE decision = 'rejected' GROUP "
                     "BY 1, 2") == "quota_exceeded|too_many_wait|17");
  // Who waits already asks again, and whom an operator rejects makes room.
  const auto first = database.shown("SELECT min(device_id) FROM registry.pending_approvals", Login::ops);
  auto again = wait(first);
  again.waiting->expected_generation = 0;
  CHECK(commit_one(registry, again) == Outcome::noted);
  database.run("SELECT registry.reject('" + first + "', 'not ours')", Login::ops);
  CHECK(commit_one(registry, wait("later")) == Outcome::noted);
  // A token that is used up lets nobody wait, however much room its group has.
  database.run("SELECT registry.set_group_policy('capped', '{\"max_devices\": 100}', 'why')", Login::ops);
  database.run(
      "INSERT INTO registry.quota (name, used, max, parent) VALUES ('token:1', 3, 3, 'group:capped')");
  CHECK(commit_one(registry, wait("by-token", "token:1")) == Outcome::too_many_wait);
  CHECK(commit_one(registry, wait("by-group")) == Outcome::noted);
}

TEST_CASE("a thousand devices wait in a group that is not capped", "[admission]") {
  Database database;
  database.run("SELECT registry.enroll_group('open', 'symmetric_key', '\\x01' || sha512('\\x00'))",
               Login::ops);
  auto registry = database.registry();
  int waiting = 0;
  for (int batch = 0; batch < 11; ++batch) {
    std::vector<registry::DecidedRequest> rows;
    for (int n = 0; n < 100; ++n) {
      rows.push_back(waits("meter-" + std::to_string(batch * 100 + n), 1));
      rows.back().attempt.group = "open";
    }
    const auto outcomes = commit_requests(registry, rows);
    REQUIRE(outcomes);
    waiting += static_cast<int>(std::ranges::count(*outcomes, Outcome::noted));
  }
  CHECK(waiting == 1000);
}

TEST_CASE(
    "what was accepted and is refused by the registry is counted in a flood, and what is given out never",
    "[admission]") {
  Database database;
  enrol(database, "capped", 1);
  auto registry = database.registry();
  for (const std::string device : {"a", "b"}) {
    auto row = accepted({.device = device, .group = "capped", .quota = "group:capped"});
    row.attempt.counted = true;
    commit_one(registry, row);
  }
  auto challenge = test::attempt_of("a", "challenge");
  challenge.counted = true;
  CHECK(commit_one(registry, registry::DecidedRequest{challenge, {}, {}, {}}) == Outcome::noted);
  CHECK(database.shown("SELECT device_id, decision FROM registry.attempt") == "a|accepted");
  CHECK(database.shown("SELECT group_name, code, rejections FROM registry.counted_rejections ORDER BY 2",
                       Login::reader) == "-|challenge|1\ncapped|quota_exceeded|1");
}

TEST_CASE("rejections of a flood are counted and not kept", "[admission]") {
  Database database;
  auto registry = database.registry();
  for (int i = 0; i < 3; ++i) {
    auto row = test::rejected("d", registry::Reason::wrong_key);
    row.attempt.counted = true;
    CHECK(commit_one(registry, row) == Outcome::noted);
  }
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "0");
  CHECK(database.shown("SELECT code, sum(n) FROM registry.attempt_count GROUP BY 1") == "unauthorized|3");
}
