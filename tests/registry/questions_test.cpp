#include "operated.hpp"
#include "registry/requests.hpp"

using namespace latchkey;
using namespace latchkey::test;
using registry::Outcome;

// What operators ask of the history.

TEST_CASE_METHOD(Operated, "an attempt leads to the certificate that it got", "[questions]") {
  register_devices(registry, {"a"});
  CHECK(commit_one(registry,
                   accepted({.device = "a", .request = "next", .expected = 1, .to_registered = false})) ==
        Outcome::won);
  CHECK(commit_one(registry, repeated("a", 2)) == Outcome::noted);
  CHECK(shown("SELECT a.decision, c.generation FROM registry.attempts a JOIN registry.certificates c "
              "USING (device_id, generation) ORDER BY a.decision, 2") ==
        "accepted|1\naccepted|2\nrepeated|2");
}

TEST_CASE_METHOD(Operated, "a token leads to the devices that came by it", "[questions]") {
  act("enroll_group('kits', 'token', NULL)");
  CHECK(join(token("'kits', 2, '1 day'"), "a") == Outcome::won);
  CHECK(join(token("'kits', 2, '1 day'"), "b") == Outcome::won);
  CHECK(shown("SELECT d.device_id FROM registry.tokens t JOIN registry.devices d USING (token_id) "
              "WHERE t.token_id = (SELECT token_id FROM registry.devices WHERE device_id = 'b')") == "b");
  CHECK(act("decommission('b', 'sold')").empty());
  CHECK(shown("SELECT token_id IS NOT NULL FROM registry.devices WHERE device_id = 'b'") == "t");
}

TEST_CASE_METHOD(Operated, "acts on devices of a group are acts in the group", "[questions]") {
  act("enroll_group('kits', 'token', NULL)");
  CHECK(join(token("'kits', 2, '1 day'"), "a") == Outcome::won);
  act("enroll_device('b', 'token', sha256('its own'), 'kits')");
  CHECK(act("suspend('a', 'one')").empty());
  CHECK(act("set_device_config('a', '{}', 'two')").empty());
  CHECK(act("disable_device('b', 'three')").empty());
  CHECK(act(R"(set_labels('b', '{"k": "v"}', 'four'))").empty());
  CHECK(
      shown("SELECT device_id, action FROM registry.events WHERE group_name = 'kits' AND reason IS NOT NULL "
            "AND device_id IS NOT NULL ORDER BY at") ==
      "a|state\na|set_device_config\nb|disable_device\nb|set_labels");
}

TEST_CASE_METHOD(Operated, "the configuration of an earlier time is known", "[questions]") {
  act("enroll_group('kits', 'token', NULL, config => '{\"a\": 1}')");
  act("enroll_device('b', 'token', sha256('its own'), 'kits', '{\"own\": 1}')");
  const std::string before = shown("SELECT clock_timestamp()");
  CHECK(act("set_group_config('kits', '{\"a\": 2}', 'why')").empty());
  CHECK(act("set_device_config('b', '{\"own\": 2}', 'why')").empty());
  const auto at = [&](const std::string& time) {
    return shown("SELECT level, config FROM registry.show_layers_at('b', '" + time + "')");
  };
  CHECK(at(before) == "fleet|{}\ngroup|{\"a\": 1}\ndevice|{\"own\": 1}");
  CHECK(at("infinity") == "fleet|{}\ngroup|{\"a\": 2}\ndevice|{\"own\": 2}");
  CHECK(shown("SELECT level, config FROM registry.show_layers('b')") == at("infinity"));
  CHECK(shown("SELECT count(*) FROM registry.show_layers('nobody')") == "0");
}

TEST_CASE_METHOD(Operated, "the person behind a shared login is in the event", "[questions]") {
  register_devices(registry, {"a"});
  const auto connection = database.connect(Login::ops);
  pqxx::nontransaction session(*connection);
  session.exec("SET latchkey.actor = 'Alice B.'");
  session.exec("SELECT registry.suspend('a', 'why')");
  CHECK(shown("SELECT actor, person FROM registry.events WHERE reason = 'why'") == "test_ops|Alice B.");
  session.exec("SET latchkey.actor = E'two\\nlines'");
  CHECK_THROWS(session.exec("SELECT registry.resume('a', 'why')"));
  // An act without a reason, too.
  CHECK(database
            .refusal("SET latchkey.actor = E'two\nlines'; SELECT registry.enroll_group('g', 'token', NULL)",
                     Login::ops)
            .message.contains("latchkey.actor is a name"));
}

TEST_CASE_METHOD(Operated, "the index of who was not seen is written once a day and device", "[questions]") {
  register_devices(registry, {"a", "b"});
  database.run(
      "INSERT INTO registry.presence (device_id, session, generation, online, last_seen_at, seen_on) "
      "SELECT device_id, 'session1', 1, true, at, (at AT TIME ZONE 'UTC')::date FROM (VALUES "
      "('a', now() - interval '3 days'), ('b', now() - interval '30 days')) v(device_id, at)");
  const auto found = [&](const std::string& time) {
    return shown("SELECT string_agg(id, '') FROM registry.find_devices('{\"not_seen\": \"" + time +
                 "\"}') id");
  };
  CHECK(found("7 days") == "b");
  CHECK(found("1 day") == "ab");
  database.run("UPDATE registry.presence SET seen_on = NULL WHERE device_id = 'b'");  // before this column
  CHECK(found("7 days") == "b");
  // The first update of a day writes the indexes, the second does not.
  const auto connect = [](const std::string& session) {
    return R"(SELECT registry.commit_statuses('[{"i": 0, "device_id": "a", "kind": "connected", "session": ")" +
           session + R"(", "generation": 1, "expected": "registered", "next": "registered"}]');)";
  };
  const auto connection = database.connect(Login::superuser);
  pqxx::work today(*connection);
  today.exec(connect("session2") + connect("session3"));
  CHECK(test::shown(today.exec("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables "
                               "WHERE relname = 'presence'")) == "2|1");
  today.commit();
  CHECK(found("1 day") == "b");
}

TEST_CASE_METHOD(Operated, "devices are found page by page, enrolled ones too", "[questions]") {
  register_devices(registry, {"a", "c", "e"});
  for (const std::string id : {"b", "d"})
    act("enroll_device('" + id + "', 'token', sha256('of " + id + "'))");
  act("suspend('c', 'why')");
  act(R"(set_labels('b', '{"site": "x"}', 'why'))");
  act(R"(set_labels('c', '{"site": "x"}', 'why'))");
  const auto found = [&](const std::string& arguments) {
    return shown("SELECT string_agg(id, '') FROM registry.find_devices(" + arguments + ") id");
  };
  CHECK(found("'{}'") == "abcde");
  CHECK(found("'{}', 'b', 2") == "cd");
  CHECK(found(R"('{"states": ["off", "suspended"]}')") == "bcd");
  CHECK(found(R"('{"labels": {"site": "x"}}')") == "bc");
  CHECK(found(R"('{"labels": {"site": "x"}, "states": ["off"]}')") == "b");
  CHECK(found(R"('{"group": "it''s none"}')") == "-");
  CHECK(found(R"('{"not_seen": "1 minute"}')") == "-");
  database.run(
      "INSERT INTO registry.presence (device_id, session, generation, online, last_seen_at) VALUES "
      "('a', 'session1', 1, true, now()), ('c', 'session2', 1, false, now()), "
      "('e', 'session3', 1, true, now() - interval '1 hour')");
  CHECK(found(R"('{"online": true}')") == "ae");
  CHECK(found(R"('{"online": false}')") == "c");
  CHECK(found(R"('{"online": true, "not_seen": "1 minute"}')") == "e");
  database.run(
      "INSERT INTO registry.broker_link (link, ready_at, until) VALUES "
      "('link-1', now() - interval '10 minutes', now())");
  CHECK(found(R"('{"online": true}')") == "a");  // of e nothing was heard since the service is back
  CHECK(shown("SELECT string_agg(device_id, '') FROM registry.devices WHERE online") == "a");
  CHECK(found(R"('{"id": "c"}')") == "c");
  CHECK(found(R"('{"id": "d", "states": ["off"]}')") == "d");
  CHECK(found(R"('{"id": "it''s none"}')") == "-");
  check_refused({R"(find_devices('{"colour": 1}'))", "22023", "no filter colour"});
}
