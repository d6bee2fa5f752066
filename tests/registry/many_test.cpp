#include "operated.hpp"
#include "registry/requests.hpp"

#include <algorithm>
#include <atomic>
#include <latch>
#include <numeric>
#include <random>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using registry::Registry;

// Acts on many devices at once.
namespace {

constexpr int devices = 40;

std::string name(int n) {
  return "meter-" + std::to_string(n);
}

/// All of them in some order, as an array of SQL.
std::string shuffled(std::mt19937& random) {
  std::vector<int> order(devices);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, random);
  std::string array;
  for (const int n : order)
    array.append(array.empty() ? "ARRAY['" : ", '").append(name(n)).append("'");
  return array + "]";
}

/// How many devices an operator was told that it was done for; every refusal of a whole statement is counted.
int act(const Database& database, unsigned seed, std::atomic<int>& refused) {
  std::mt19937 random(seed);
  const auto connection = database.connect(Login::ops);
  int done = 0;
  for (int n = 0; n < 20; ++n) {
    for (const std::string& call : {"suspend_devices(" + shuffled(random) + ", 'why')",
                                    "resume_devices(" + shuffled(random) + ", 'why')"}) {
      try {
        const auto rows = pqxx::nontransaction(*connection).exec("SELECT outcome FROM registry." + call);
        for (const auto& row : rows)
          done += row[0].c_str() == std::string("done") ? 1 : 0;
      } catch (const std::exception&) {
        ++refused;
      }
    }
  }
  return done;
}

/// Devices renew until nobody acts any more; how many commits failed otherwise than by a lost race.
int renew(Registry& registry, unsigned seed, const std::atomic<int>& acting) {
  std::mt19937 random(seed);
  int failed = 0;
  for (int round = 0; acting > 0; ++round) {
    std::vector<registry::RequestKey> keys;
    for (int n = 0; n < devices; ++n)
      keys.push_back(key_of(name(n)));
    const auto loaded = load_requests(registry, keys);
    if (!loaded) continue;
    std::vector<registry::DecidedRequest> rows;
    for (int n = 0; n < devices; ++n) {
      const auto& device = *loaded->facts[static_cast<std::size_t>(n)].device;
      if (device.state == registry::DeviceState::suspended) continue;
      rows.push_back(accepted({.device = name(n),
                               .request = std::to_string(seed) + "/" + std::to_string(round),
                               .expected = device.generation,
                               .to_registered = false}));
    }
    std::ranges::shuffle(rows, random);
    if (rows.empty()) continue;
    const auto outcomes = commit_requests(registry, rows);
    if (!outcomes && outcomes.error().failure != registry::Failure::contention &&
        outcomes.error().failure != registry::Failure::locked)
      ++failed;
  }
  return failed;
}

}  // namespace

TEST_CASE_METHOD(Operated, "an act on many devices says of each what became of it", "[many]") {
  register_devices(registry, {"a", "b", "c"});
  act("revoke('b', 'stolen')");
  CHECK(shown("SELECT * FROM registry.suspend_devices('{c,nobody,a,b,a}', 'why')") ==
        "a|done|-|registered|suspended|0\nb|refused|it is revoked|revoked|revoked|0\n"
        "c|done|-|registered|suspended|0\nnobody|refused|it never registered|-|-|0");
  CHECK(shown("SELECT * FROM registry.resume_devices('{c,b}', 'why')") ==
        "b|refused|it is revoked|revoked|revoked|0\n"
        "c|done|-|suspended|registered|0");
  CHECK(shown("SELECT * FROM registry.revoke_devices('{c}', 'why')") == "c|done|-|registered|revoked|1");
  CHECK(shown("SELECT * FROM registry.reset_devices('{c}', 'why')") == "c|done|-|revoked|off|0");
  CHECK(
      shown(
          "SELECT device_id, new_state FROM registry.events WHERE device_id IN ('a', 'c') AND reason = 'why' "
          "ORDER BY at") == "a|suspended\nc|suspended\nc|registered\nc|revoked\nc|off");
  CHECK(act("enroll_device('d', 'symmetric_key', '\\x01' || sha512('\\x00'))").empty());
  CHECK(shown("SELECT * FROM registry.decommission_devices('{a,d,nobody}', 'scrap')") ==
        "a|done|-|suspended|revoked|1\nd|done|-|off|revoked|0\n"
        "nobody|refused|there is no such device|-|-|0");
  CHECK(shown("SELECT * FROM registry.decommission_devices('{a}', 'scrap')") ==
        "a|refused|it is decommissioned already|revoked|revoked|0");
  CHECK(shown("SELECT * FROM registry.set_device_configs('{b,nobody}', '{\"a\": 1}', 'why')") ==
        "b|done|-|{}|{\"a\": 1}\nnobody|refused|there is no such device|-|-");
  for (const std::string call :
       {"suspend_devices(NULL, 'why')", "resume_devices(array_fill('a'::text, '{10001}'), 'why')",
        "decommission_devices(array_fill('a'::text, '{10001}'), 'why')"})
    check_refused({call, "22023", call.contains("NULL") ? "device_ids is NULL" : "too many for one act"});
}

TEST_CASE_METHOD(Operated, "configurations of many devices are counted for the planner", "[many]") {
  CHECK(act("enroll_devices((SELECT jsonb_agg(jsonb_build_object('device_id', 'd-' || n, 'proof', 'token', "
            "'material', '\\x' || encode(sha256('a'), 'hex'))) FROM generate_series(1, 1000) n))")
            .empty());
  shown(
      "SELECT count(*) FROM registry.set_device_configs((SELECT array_agg('d-' || n) FROM generate_series(1, "
      "1000) n), '{\"a\": 1}', 'why')");
  CHECK(database.shown("SELECT reltuples FROM pg_class WHERE oid = 'registry.device_config'::regclass") ==
        "1000");
}

TEST_CASE("acts on many devices deadlock neither with each other nor with the service, and none is lost",
          "[many][race]") {
  Database database;
  auto registry = database.registry();
  for (int n = 0; n < devices; ++n)
    register_devices(registry, {name(n)});
  std::latch start(4);
  std::atomic<int> acting = 2, refused = 0, done = 0, failed = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        Registry own = database.registry();
        start.arrive_and_wait();
        if (thread < 2) {
          done += act(database, thread, refused);
          --acting;
        } else {
          failed += renew(own, thread, acting);
        }
      });
    }
  }
  CHECK(refused == 0);
  CHECK(failed == 0);
  CHECK(done > 0);
  CHECK(database.shown(
            "SELECT count(*) FROM registry.event WHERE action = 'state' AND 'suspended' IN (old_state, "
            "new_state)") == std::to_string(done));
}
