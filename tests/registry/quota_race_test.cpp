#include "crypto/mac.hpp"
#include "database.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <latch>
#include <random>
#include <thread>

using namespace latchkey;
using registry::DeviceState;
using registry::Outcome;
using registry::Registry;
using test::Database;
using test::Login;

namespace {

constexpr int devices = 60;
constexpr int room = 40;

std::string device_name(std::uint_fast32_t n) {
  return "device-" + std::to_string(n % devices);
}

/// One device after the other comes by one of the tokens, with a request that is new each time.
void register_by(Registry& registry, const std::vector<std::string>& tokens, unsigned seed) {
  std::mt19937 random(seed);
  for (int n = 0; n < 150; ++n) {
    auto key = test::key_of(device_name(random()), std::to_string(seed) + "/" + std::to_string(n));
    key.token_hash = crypto::sha256(crypto::as_bytes(tokens[random() % tokens.size()]));
    const auto loaded = load_requests(registry, std::span(&key, 1));
    if (!loaded || !loaded->facts[0].enrolment) continue;
    const auto& facts = loaded->facts[0];
    if (facts.device && facts.device->state != DeviceState::off) continue;
    auto row =
        test::accepted({.device = std::string(key.device_id.text()),
                        .request = std::to_string(seed) + "/" + std::to_string(n),
                        .expected = facts.device ? std::optional(facts.device->generation) : std::nullopt,
                        .group = "kits",
                        .quota = facts.enrolment->policy.quota});
    static_cast<void>(commit_requests(registry, std::span(&row, 1)));
  }
}

/// An operator who takes devices out of service and lets them in again, as long as some are `coming` and a
/// hundred times after; how many times that was in vain because of a deadlock.
int act(const Database& database, unsigned seed, const std::atomic<int>& coming) {
  std::mt19937 random(seed);
  const auto connection = database.connect(Login::ops);
  int deadlocks = 0;
  for (int n = 0; n < 100; n += coming == 0 ? 1 : 0) {
    for (const std::string function : {"decommission", "reset"}) {
      try {
        pqxx::nontransaction(*connection)
            .exec("SELECT registry." + function + "('" + device_name(random()) + "', 'why')");
      } catch (const pqxx::deadlock_detected&) {
        ++deadlocks;
      } catch (
          const pqxx::serialization_failure&) {  // it registered at this moment; no sql_error in libpqxx 6
      } catch (const pqxx::sql_error&) {
        // Not there, or not in a state for it: part of the race.
      }
    }
  }
  return deadlocks;
}

}  // namespace

TEST_CASE("a group's places are counted exactly while devices come by its tokens and operators take them out",
          "[race]") {
  Database database;
  database.run(
      "SELECT registry.enroll_group('kits', 'token', NULL, max_devices => " + std::to_string(room) + ")",
      Login::ops);
  std::vector<std::string> tokens;
  for (const std::string uses : {"500", "30", "NULL"})
    tokens.push_back(
        database.shown("SELECT registry.create_token('kits', " + uses + ", '1 day')", Login::ops));
  std::latch start(6);
  std::atomic<int> deadlocks = 0;
  std::atomic<int> coming = 4;
  {
    std::vector<std::jthread> threads;
    for (unsigned thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        Registry registry = database.registry();
        start.arrive_and_wait();
        if (thread < 4) {
          register_by(registry, tokens, thread);
          --coming;
        } else {
          deadlocks += act(database, thread, coming);
        }
      });
    }
  }
  CHECK(deadlocks == 0);
  // Whoever counts somewhere counts for the group, and nobody else does.
  CHECK(database.shown(
            "SELECT (SELECT used FROM registry.quota WHERE name = 'group:kits') = (SELECT count(*) FROM "
            "registry.device WHERE quota IS NOT NULL)") == "t");
  // A use of a token is spent for good: once for each time that somebody registered with it.
  CHECK(database.shown(
            "SELECT bool_and(q.used >= (SELECT count(*) FROM registry.device d WHERE d.quota = q.name)) FROM "
            "registry.quota q WHERE name LIKE 'token:%'") == "t");
  CHECK(database.shown("SELECT count(*) > 0 FROM registry.events WHERE action = 'decommission'") == "t");
  CHECK(database.shown(
            "SELECT count(*) FROM registry.device WHERE state = 'revoked' AND quota IS NOT NULL") == "0");
}
