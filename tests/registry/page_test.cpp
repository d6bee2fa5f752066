#include "registry/page.hpp"

#include "database.hpp"
#include "registry/housekeeping.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using test::Database;

namespace {

/// Some of a fleet: 30 devices, each two days after the one before, of which every third became ready; more
/// rejections, waiting devices and old credentials than fit.
void make_fleet(Database& database) {
  database.run(
      "SET search_path = registry;"
      "INSERT INTO device (device_id, enrolled_by, state, generation, requested_at, registered_at, "
      "connected_at, ready_at)"
      " SELECT 'd' || n, 'device', CASE WHEN n % 3 = 0 THEN 'ready' ELSE 'registered' END, 1, now() - n * "
      "interval '2 days',"
      " now() - n * interval '2 days', CASE WHEN n % 3 = 0 THEN now() END, CASE WHEN n % 3 = 0 THEN now() "
      "END FROM generate_series(0, 29) n;"
      "INSERT INTO device (device_id, state, generation, waiting_digest, waiting_since)"
      " SELECT 'w' || n, 'provisioning_requested', 0, sha256('x'), now() - n * interval '1 hour' FROM "
      "generate_series(1, 25) n;"
      "INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, latency_us)"
      " SELECT gen_random_uuid(), 'd0', now() - n * interval '1 minute', CASE WHEN n % 2 = 0 THEN 'rejected' "
      "ELSE 'accepted' END, "
      " 'unauthorized', 'wrong key ' || n, 1 FROM generate_series(1, 100) n;"
      "INSERT INTO credential (device_id, generation, type, request_id, digest, salt, master_key, signed_by, "
      "status, ended_at, not_before, not_after, use_by)"
      " SELECT 'd' || n, 1, 'password', 'request-0123456789', sha256('x'), "
      "'\\x00112233445566778899aabbccddeeff', '\\x0011223344556677', 'service',"
      " CASE WHEN n % 10 = 0 THEN 'retired' ELSE 'active' END, CASE WHEN n % 10 = 0 THEN now() END, now() - "
      "interval '80 days', now() + (n + 1) * "
      "interval '1 hour', now()"
      " FROM generate_series(0, 29) n");
}

/// By one member, and perhaps by the state.
template <class Member, class Value>
registry::DeviceFilter filtered(Member registry::DeviceFilter::* member, const Value& value,
                                const std::string& state = {}) {
  registry::DeviceFilter filter;
  filter.state = state;
  filter.*member = value;
  return filter;
}

}  // namespace

TEST_CASE("of an empty registry the page shows nothing, and thirty days of it", "[page]") {
  const Database database;
  auto registry = database.registry();
  const auto overview = registry::overview(registry);
  REQUIRE(overview);
  CHECK(overview->rejections.empty());
  CHECK(overview->pending.empty());
  CHECK(overview->pending_total == 0);
  CHECK(overview->expiring.empty());
  const auto funnel = count_funnel(registry);
  REQUIRE(funnel);
  CHECK(funnel->size() == 30);
  CHECK(funnel->front().requested == 0);
}

TEST_CASE("the page shows the first twenty of each, in the order in which they matter", "[page]") {
  Database database;
  make_fleet(database);
  auto connection = database.registry();
  const auto overview = registry::overview(connection);
  REQUIRE(overview);
  REQUIRE(overview->rejections.size() == 20);
  CHECK(overview->rejections.front().reason == "wrong key 2");
  CHECK(overview->rejections.front().tracking_id.size() == 36);
  REQUIRE(overview->pending.size() == 20);
  CHECK(overview->pending.front().device_id == "w25");
  CHECK(overview->pending_total == 25);
  REQUIRE(overview->expiring.size() == 20);
  CHECK(overview->expiring.front().device_id == "d1");  // d0's is retired
  CHECK(overview->expiring.front().ends < overview->expiring.back().ends);
  REQUIRE(overview->stuck.size() == 20);  // those that wait are in `pending`
  CHECK(overview->stuck.front().device_id == "d1");
  CHECK(overview->stuck.front().problem == "its credential was not sent");
  CHECK(overview->stuck.front().advice.starts_with("latchkey doctor"));
}

TEST_CASE("the page counts the replicas that listen now, by version", "[page]") {
  Database database;
  auto connection = database.registry();
  using std::chrono::seconds;
  const registry::LinkLife lives[] = {
      {"a", seconds(60), false, "1.2.3"}, {"b", seconds(1), false, "1.2.3"}, {"c", seconds(1), false, {}}};
  REQUIRE(record_links(connection, lives));
  const auto counted = [&] {
    std::string text;
    const auto overview = registry::overview(connection);
    REQUIRE(overview);
    for (const auto& each : overview->replicas)
      text += each.version + ":" + std::to_string(each.count) + " ";
    return text;
  };
  CHECK(counted() == "1.2.3:2 :1 ");
  const registry::LinkLife lost{"a", {}, true, {}};
  REQUIRE(record_links(connection, std::span(&lost, 1)));
  database.run(
      "UPDATE registry.broker_link SET ready_at = now() - interval '2 minutes', until = now() - interval '1 "
      "minute' WHERE link = 'c'");
  CHECK(counted() == "1.2.3:1 ");
}

TEST_CASE("the funnel counts devices on the day of their first request", "[page]") {
  Database database;
  make_fleet(database);
  auto registry = database.registry();
  const auto funnel = count_funnel(registry);
  REQUIRE(funnel);
  registry::FunnelDay sum;
  for (const auto& day : *funnel) {
    sum.requested += day.requested;
    sum.registered += day.registered;
    sum.ready += day.ready;
  }
  CHECK(sum.requested == 15);  // the others asked more than thirty days ago
  CHECK(sum.registered == 15);
  CHECK(sum.ready == 5);
  CHECK(funnel->back().requested == 1);
}

TEST_CASE("the history of a device is the newest first, and bounded", "[page]") {
  Database database;
  make_fleet(database);
  const auto id = protocol::DeviceId::parse("d0");
  auto connection = database.registry();
  const auto history = registry::history(connection, *id);
  REQUIRE(history);
  REQUIRE(history->device);
  CHECK(history->device->state == "ready");
  CHECK(history->device->ready_at);
  CHECK_FALSE(history->device->failed_at);
  CHECK(history->events.size() == 51);  // fifty requests, and one change of state
  CHECK(history->events.front().kind == "state");
  CHECK(history->events.front().code == "off");
  CHECK(history->events[1].detail == "wrong key 1");
  CHECK(history->events[1].at > history->events[2].at);
}

TEST_CASE("the list of devices has pages, in the order of the ids", "[page]") {
  Database database;
  database.run(
      "INSERT INTO registry.device (device_id, enrolled_by, state, generation, requested_at) "
      "SELECT 'm' || to_char(n, 'FM000'), 'device', CASE WHEN n % 2 = 0 THEN 'ready' ELSE 'off' END, 1, "
      "now() "
      "FROM generate_series(1, 230) n; "
      "INSERT INTO registry.device_label (device_id, labels) VALUES ('m007', '{\"site\": \"hall = 3\"}'); "
      "INSERT INTO registry.presence (device_id, session, generation, online, last_seen_at) "
      "SELECT device_id, 's', 1, true, now() FROM registry.device WHERE device_id < 'm004'");
  auto registry = database.registry();
  const auto first = list_devices(registry, {});
  REQUIRE(first);
  CHECK(first->devices.size() == 100);
  CHECK(first->has_more);
  CHECK(first->devices.front().device_id == "m001");
  CHECK(first->devices.front().online == true);
  CHECK(first->devices.front().last_seen_at);
  CHECK_FALSE(first->devices.back().online);
  const auto last = list_devices(registry, filtered(&registry::DeviceFilter::after, "m200"));
  REQUIRE(last);
  CHECK(last->devices.size() == 30);
  CHECK_FALSE(last->has_more);
  const auto sized = [&](const registry::DeviceFilter& filter) {
    const auto found = list_devices(registry, filter);
    REQUIRE(found);
    return found->devices.size();
  };
  CHECK(sized(filtered(&registry::DeviceFilter::id, "m00", "off")) == 5);
  CHECK(sized(filtered(&registry::DeviceFilter::group, "none")) == 0);
  CHECK(sized(filtered(&registry::DeviceFilter::label, "site=hall = 3")) == 1);
  CHECK(sized(filtered(&registry::DeviceFilter::online, true)) == 3);
  CHECK(sized(filtered(&registry::DeviceFilter::state, "no such state")) == 0);
  const auto online = count_online(registry);
  REQUIRE(online);
  CHECK(*online == 3);
}

TEST_CASE("the page of a device has its credentials, its labels and what is wrong with it", "[page]") {
  Database database;
  make_fleet(database);
  database.run(
      "SET search_path = registry;"
      "INSERT INTO device_label (device_id, labels) VALUES ('d1', '{\"site\": \"x\"}');"
      "UPDATE device SET failed_at = now(), failure = 'no room' WHERE device_id = 'd1';"
      "INSERT INTO clone_sign (device_id, sign, first_seen, last_seen, times, evidence) VALUES "
      "('d1', 'connects_often', now(), now(), 1, '{\"sessions\": 200}')");
  auto connection = database.registry();
  const auto history = registry::history(connection, *protocol::DeviceId::parse("d1"));
  REQUIRE(history);
  REQUIRE(history->device);
  CHECK(history->device->labels == R"({"site": "x"})");
  REQUIRE(history->credentials.size() == 1);
  CHECK(history->credentials[0].status == "active");
  CHECK(history->credentials[0].ends);
  REQUIRE(history->todo.size() >= 2);
  CHECK(std::ranges::any_of(history->todo, [](const auto& each) { return each.kind == "clone"; }));
  CHECK(std::ranges::any_of(history->todo, [](const auto& each) { return each.what.contains("no room"); }));
  const auto overview = registry::overview(connection);
  REQUIRE(overview);
  REQUIRE(overview->clones.size() == 1);
  CHECK(overview->clones[0].sign == "connects_often");
}

TEST_CASE("of a device that nobody knows there is no history", "[page]") {
  const Database database;
  auto connection = database.registry();
  const auto history = registry::history(connection, *protocol::DeviceId::parse("nobody"));
  REQUIRE(history);
  CHECK_FALSE(history->device);
  CHECK(history->events.empty());
}
