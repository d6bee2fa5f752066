#include "crypto/mac.hpp"
#include "database.hpp"
#include "reason_case.hpp"
#include "registry/configs.hpp"
#include "registry/housekeeping.hpp"
#include "registry/requests.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;
using registry::DecidedRequest;
using registry::DeviceState;
using registry::Outcome;

namespace {

using Milliseconds = std::chrono::milliseconds;

/// As long as a batch may wait for a stranger's lock, and as long again for a machine that does a lot else.
constexpr Milliseconds longest_batch{1500};

/// An operator's transaction that was begun and not ended.
struct Open {
  Open(const Database& database, const std::string& act)
      : connection(database.connect(Login::ops)), transaction(*connection) {
    transaction.exec("SELECT registry." + act);
  }
  std::unique_ptr<pqxx::connection> connection;
  pqxx::work transaction;
};

template <class Call>
auto in_time(const Call& call) {
  const auto from = Steady::now();
  auto result = call();
  const auto took = Steady::now() - from;
  INFO(std::chrono::duration_cast<Milliseconds>(took).count() << " ms");
  CHECK(took < longest_batch);
  return result;
}

template <class Decided>
std::vector<Outcome> committed(registry::Registry& registry, const std::vector<Decided>& rows) {
  const auto outcomes = in_time([&] {
    if constexpr (std::is_same_v<Decided, DecidedRequest>)
      return commit_requests(registry, rows);
    else
      return commit_statuses(registry, rows);
  });
  INFO((outcomes ? "" : outcomes.error().what));
  REQUIRE(outcomes);
  return *outcomes;
}

/// The same outcome for each place but those that are busy.
std::vector<Outcome> busy_at(std::initializer_list<std::size_t> places, std::size_t size) {
  std::vector<Outcome> all(size, Outcome::won);
  for (const std::size_t place : places)
    all.at(place) = Outcome::busy;
  return all;
}

std::string name(int n) {
  return "meter-" + std::to_string(n);
}

}  // namespace

TEST_CASE("what an operator's open transaction has locked is put off alone, its neighbours are served",
          "[locks]") {
  Database database;
  auto registry = database.registry();
  std::vector<DecidedRequest> first, renewals;
  for (int n = 0; n < 10; ++n) {
    first.push_back(accepted({.device = name(n)}));
    renewals.push_back(
        accepted({.device = name(n), .request = "again", .expected = 1, .to_registered = false}));
  }
  renewals.push_back(accepted({.device = "newcomer"}));
  committed(registry, first);
  Open open(database,
            "suspend('meter-2', 'a look'), registry.suspend('meter-3', 'a look'), "
            "registry.suspend('meter-5', 'a look'), registry.suspend('meter-7', 'a look')");

  CHECK(committed(registry, renewals) == busy_at({2, 3, 5, 7}, 11));
  const auto holders = registry.lock_holders();
  REQUIRE(holders);
  REQUIRE(holders->size() == 1);
  CHECK(holders->front().pid == open.connection->backendpid());
  CHECK(holders->front().login == "test_ops");
  CHECK(registry.lock_holders()->front().since == holders->front().since);

  open.transaction.abort();
  std::vector<DecidedRequest> put_off = {renewals[2], renewals[3], renewals[5], renewals[7]};
  CHECK(committed(registry, put_off) == busy_at({}, 4));
  CHECK(registry.lock_holders()->empty());
}

TEST_CASE("statuses, acknowledgements and configurations pass by a device that is locked", "[locks]") {
  Database database;
  auto registry = database.registry();
  register_devices(registry, {"a", "b", "c"});
  Open open(database, "suspend('b', 'a look')");
  std::vector<registry::DecidedStatus> statuses;
  for (const std::string id : {"a", "b", "c"})
    statuses.push_back(connected({id, DeviceState::registered, DeviceState::connected}));
  CHECK(committed(registry, statuses) == busy_at({1}, 3));

  const std::vector<registry::Sent> sent = {{"a", 1}, {"b", 1}, {"nobody", 1}};
  const auto marked = in_time([&] { return mark_sent(registry, sent); });
  REQUIRE(marked);
  CHECK(*marked == busy_at({1}, 3));

  std::vector<registry::DecidedConfig> configs;
  for (const std::string id : {"a", "b", "c"})
    configs.push_back({id_of(id), id == "b" ? "" : "session-1", false, registry::Configured{}, {}});
  const auto worked_out = in_time([&] { return commit_configs(registry, configs); });
  REQUIRE(worked_out);
  CHECK(worked_out->at(1) == Outcome::busy);
  CHECK(worked_out->at(0) != Outcome::busy);
}

TEST_CASE("a quota that is held stops its own newcomers only", "[locks]") {
  Database database;
  auto registry = database.registry();
  for (const std::string group : {"held", "other"})
    database.run(
        "SELECT registry.enroll_group('" + group + "', 'symmetric_key', '\\x01' || sha512('\\x00'), 100)",
        Login::ops);
  const auto newcomer = [](const std::string& device, const std::string& group) {
    return accepted({.device = device, .group = group, .quota = "group:" + group});
  };
  committed(registry, std::vector{newcomer("first", "held")});
  for (const std::string act :
       {"decommission('first', 'a look')", "set_group_policy('held', '{\"max_devices\": 50}', 'why')"}) {
    INFO(act);
    const Open open(database, act);
    const std::vector rows = {newcomer(act.substr(0, 3) + "-held", "held"),
                              newcomer(act.substr(0, 3) + "-other", "other"),
                              accepted({.device = act.substr(0, 3) + "-uncapped"})};
    CHECK(committed(registry, rows) == busy_at({0}, 3));
  }
  CHECK(database.shown("SELECT name, used FROM registry.quota ORDER BY 1") == "group:held|1\ngroup:other|2");
}

TEST_CASE("a token that is being made holds up nobody who comes into its group", "[locks]") {
  Database database;
  auto registry = database.registry();
  database.run("SELECT registry.enroll_group('kits', 'token', NULL, 100)", Login::ops);
  const Open open(database, "create_token('kits', 5, '1 day')");
  CHECK(committed(registry, std::vector{accepted({.device = "a", .group = "kits", .quota = "group:kits"})}) ==
        busy_at({}, 1));
}

TEST_CASE("a newcomer whom an operator is just decommissioning is put off", "[locks]") {
  Database database;
  ReasonCase blocked(database, registry::Reason::row_locked);
  blocked.enroll_own_key();
  const Open open(database, "decommission('" + blocked.id + "', 'a look')");
  blocked.ask_by_own_key();
  CHECK(blocked.serving().said.str().find("\"reason\":\"row_locked\"") != std::string::npos);
}

TEST_CASE("the log names the session that keeps a device locked", "[locks]") {
  Database database;
  ReasonCase blocked(database, registry::Reason::row_locked);
  blocked.registered_by_own_key();
  blocked.another_request();
  const Open open(database, "suspend('" + blocked.id + "', 'a look')");
  blocked.ask_by_own_key();
  const std::string said = blocked.serving().said.str();
  CHECK(said.find("\"pid\":" + std::to_string(open.connection->backendpid())) != std::string::npos);
  CHECK(said.find("\"login\":\"test_ops\"") != std::string::npos);
  CHECK(said.find("\"since\":\"20") != std::string::npos);
}
