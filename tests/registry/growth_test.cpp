#include "database.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <fstream>

using namespace latchkey;
using registry::DeviceState;
using test::Database;

namespace {

constexpr int batch = 100;

/// One batch of newcomers, from the first request to `ready`: every call that the service makes for them.
void provision(registry::Registry& registry, int first) {
  std::vector<registry::RequestKey> keys;
  std::vector<registry::DecidedRequest> requests;
  std::vector<registry::Sent> sent;
  std::vector<registry::StatusKey> status_keys;
  std::vector<registry::DecidedStatus> connected, ready;
  for (int n = first; n < first + batch; ++n) {
    const std::string id = "meter-" + std::to_string(n);
    keys.push_back(test::key_of(id));
    requests.push_back(test::accepted({.device = id}));
    sent.push_back({id, 1});
    status_keys.push_back({test::id_of(id), 1});
    connected.push_back(test::connected({id, DeviceState::registered, DeviceState::connected}));
    ready.push_back(test::ready({id, DeviceState::connected, DeviceState::ready}));
  }
  REQUIRE(registry.load_requests(keys));
  REQUIRE(registry.commit_requests(requests));
  REQUIRE(registry.mark_sent(sent));
  for (const auto& statuses : {connected, ready}) {
    REQUIRE(registry.load_statuses(status_keys));
    REQUIRE(registry.commit_statuses(statuses));
  }
}

/// Seconds of processor time that the service's backend has taken: unlike the clock on the wall it does not
/// say how busy the machine was. The cluster is on this one.
double processor_time(Database& database) {
  std::ifstream file("/proc/" +
                     database.shown("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                                    "application_name = 'latchkey'") +
                     "/stat");
  // Fields 14 and 15, user and system time; the second one, a name in parentheses, may hold spaces.
  std::string field;
  std::getline(file, field, ')');
  for (int n = 3; n < 14; ++n)
    file >> field;
  double user = 0, system = 0;
  file >> user >> system;
  REQUIRE(file);
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

TEST_CASE("the fifty-thousandth device costs what the first did, without autovacuum", "[.slow]") {
  constexpr int devices = 50'000, window = 5'000;
  Database database;
  // Nothing ever tells the planner that the tables have grown.
  for (const std::string table :
       {"device", "credential", "enrollment", "enrollment_group", "presence", "quota"})
    database.run("ALTER TABLE registry." + table + " SET (autovacuum_enabled = off)");
  auto registry = database.registry();
  double first = 0, begin = 0;
  for (int n = 0; n < devices; n += batch) {
    provision(registry, n);
    if (n == 0) begin = processor_time(database);  // the first batch of all finds every cache empty
    if (n + batch == window) first = processor_time(database) - begin;
    if (n + batch == devices - window) begin = processor_time(database);
  }
  const double last = processor_time(database) - begin;
  // The first window is short of its first batch.
  first = first * window / (window - batch);
  WARN("of processor time the first 5,000 took " << first << " s, the last " << last << " s");
  CHECK(database.shown("SELECT count(*) FROM registry.device WHERE state = 'ready'") ==
        std::to_string(devices));
  CHECK(last <= 1.2 * first);
}
