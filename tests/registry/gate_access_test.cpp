#include "database.hpp"
#include "registry/broker_access.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using registry::DeviceState;
using registry::GateAccess;
using registry::GateEntry;
using test::Database;
using test::Login;

namespace {

struct Gate {
  void act(const std::string& call) { database.run("SELECT registry." + call, Login::ops); }
  GateAccess load(const registry::GateQuery& query) {
    auto loaded = load_gate_access(registry, query);
    INFO((loaded ? "" : loaded.error().what));
    REQUIRE(loaded);
    return *std::move(loaded);
  }
  std::vector<GateEntry> untold(std::size_t most = 100) {
    return load({.ids = {}, .untold = most, .after = {}, .page = 0}).entries;
  }
  GateEntry entry(const std::string& id) {
    const auto entries = load({.ids = {id}, .untold = 0, .after = {}, .page = 0}).entries;
    REQUIRE(entries.size() == 1);
    return entries.front();
  }
  void tell(const GateEntry& entry) {
    const registry::AppliedAccess applied{entry.device_id, entry.changed_at, {}, entry.version};
    REQUIRE(broker_applied(registry, std::span(&applied, 1)));
  }
  void tell_all() {
    for (const GateEntry& entry : untold())
      tell(entry);
    CHECK(untold().empty());
  }
  void give(const std::string& device, bool password, std::optional<std::int64_t> expected = {},
            bool to_registered = true, std::optional<std::string> group = {}) {
    auto request = test::accepted({.device = device,
                                   .request = "request " + std::to_string(expected.value_or(0)),
                                   .expected = expected,
                                   .to_registered = to_registered,
                                   .group = std::move(group)});
    auto& credential = request.registration->credential;
    if (password) {
      credential.type = protocol::CredentialType::password;
      credential.salt = crypto::Bytes(16, 1);
      credential.password_hash = crypto::Sha256Digest{2};
    }
    CHECK(test::commit_one(registry, request) == registry::Outcome::won);
  }
  void connect(const std::string& device, std::int64_t generation = 1) {
    CHECK(
        test::commit_one(registry, test::connected({device, DeviceState::registered, DeviceState::connected},
                                                   generation)) == registry::Outcome::won);
  }

  Database database;
  registry::Registry registry = database.registry();
};

std::vector<std::string> ids_of(const std::vector<GateEntry>& entries) {
  std::vector<std::string> ids;
  for (const GateEntry& entry : entries)
    ids.push_back(entry.device_id);
  return ids;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Gate, "of a device with a certificate the gate need know nothing until it is denied",
                 "[access]") {
  give("a", false);
  connect("a");
  CHECK(untold().empty());
  act("suspend('a', 'why')");
  const auto denied = untold();
  REQUIRE(ids_of(denied) == Names{"a"});
  const auto end = std::stoll(database.shown(
      "SELECT ceil(extract(epoch FROM max(not_after))) FROM registry.credential WHERE device_id = 'a'"));
  CHECK(denied[0].denied_until == end + 1);
  CHECK(denied[0].changed_at);
  CHECK(denied[0].denied_serials.empty());
  tell(denied[0]);
  CHECK(untold().empty());
  CHECK(database.shown("SELECT broker_applied_at IS NOT NULL FROM registry.access_changes") == "t");
  act("resume('a', 'why')");
  const auto again = untold();
  REQUIRE(ids_of(again) == Names{"a"});
  CHECK(again[0].denied_until == 0);
  CHECK(again[0].version > denied[0].version);
}

TEST_CASE_METHOD(Gate, "what expired within 31 days is told with its end: the gate's clock decides",
                 "[access]") {
  const auto expire = [&](const std::string& ago) {
    database.run(
        "UPDATE registry.credential SET not_before = now() - interval '90 days', not_after = now() - "
        "interval '" +
        ago + "'");
  };
  give("a", false);
  give("b", true);
  connect("a");
  connect("b");
  expire("30 days");
  act("suspend('a', 'why')");
  const auto lately = untold();
  REQUIRE(ids_of(lately) == Names{"a", "b"});
  CHECK(lately[0].denied_until != 0);
  CHECK(lately[1].logins.size() == 1);
  expire("32 days");
  const auto later = untold();
  REQUIRE(ids_of(later) == Names{"a", "b"});
  CHECK(later[0].denied_until == 0);
  CHECK(later[1].logins.empty());
}

TEST_CASE_METHOD(Gate, "the password in use is told, however many the device was sent and never used",
                 "[access]") {
  give("a", true);
  connect("a");
  for (std::int64_t generation = 1; generation <= 5; ++generation)
    give("a", true, generation, false);
  database.run("UPDATE registry.credential SET status = 'issued', ended_at = NULL WHERE generation > 1");
  const auto logins = entry("a").logins;
  REQUIRE(logins.size() == 4);
  CHECK(std::ranges::any_of(logins, [](const auto& login) { return login.generation == 1; }));
}

TEST_CASE_METHOD(Gate, "a password is told with its end, and told again when the device has confirmed it",
                 "[access]") {
  give("a", true);
  const auto issued = untold();
  REQUIRE(ids_of(issued) == Names{"a"});
  REQUIRE(issued[0].logins.size() == 1);
  CHECK((issued[0].logins[0].generation == 1 && issued[0].logins[0].salt == crypto::Bytes(16, 1) &&
         issued[0].logins[0].hash[0] == 2));
  tell(issued[0]);
  connect("a");
  const auto active = untold();
  REQUIRE(ids_of(active) == Names{"a"});
  CHECK(active[0].version > issued[0].version);
  tell(active[0]);
  give("a", true, 1, false);
  REQUIRE(untold().size() == 1);
  CHECK(untold()[0].logins.size() == 2);
  tell_all();
  CHECK(test::commit_one(registry, test::connected({"a", DeviceState::connected, DeviceState::connected},
                                                   2)) == registry::Outcome::won);
  REQUIRE(untold().size() == 1);
  REQUIRE(untold()[0].logins.size() == 1);
  CHECK(untold()[0].logins[0].generation == 2);
  act("revoke('a', 'why')");
  CHECK(untold()[0].logins.empty());
  CHECK(untold()[0].denied_until == 0);
}

TEST_CASE_METHOD(Gate, "what was changed again is not told by the older version", "[access]") {
  give("a", false);
  act("suspend('a', 'why')");
  const auto older = untold();
  act("resume('a', 'why')");
  tell(older[0]);
  CHECK(ids_of(untold()) == Names{"a"});
}

TEST_CASE_METHOD(Gate,
                 "a change that could not be noted, since somebody has its device locked, is told again",
                 "[access]") {
  give("a", false);
  act("suspend('a', 'why')");
  const auto loaded = untold();
  {
    const auto other = database.connect(Login::superuser);
    pqxx::work open(*other);
    open.exec("SELECT FROM registry.device FOR UPDATE");
    tell(loaded[0]);
  }
  CHECK(ids_of(untold()) == Names{"a"});
  tell_all();
  CHECK(database.shown("SELECT broker_applied_at IS NOT NULL FROM registry.access_changes") == "t");
}

TEST_CASE_METHOD(Gate, "what takes access away is told before all else", "[access]") {
  for (int n = 0; n < 5; ++n)
    give("p" + std::to_string(n), true);
  give("x", false);
  act("revoke('x', 'why')");
  CHECK(ids_of(untold(1)) == Names{"x"});
  CHECK(untold(4).size() == 4);
}

TEST_CASE_METHOD(Gate, "the revoked certificates of a device that came back are denied one by one",
                 "[access]") {
  give("a", false);
  act("reset('a', 'sold')");
  CHECK(entry("a").denied_until > 0);
  tell_all();
  give("a", false, 1);
  const auto back = untold();
  REQUIRE(ids_of(back) == Names{"a"});
  CHECK(back[0].denied_until == 0);
  REQUIRE(back[0].denied_serials.size() == 1);
  CHECK(back[0].denied_serials[0].serial.size() == 16);
}

TEST_CASE_METHOD(Gate, "a retired certificate is denied where its group says so", "[access]") {
  for (const std::string group : {"strict", "lax"})
    act("enroll_group('" + group + "', 'token', sha256('" + group + "'), revoke_retired => " +
        (group == "strict" ? "true)" : "false)"));
  for (const std::string device : {"strict", "lax"}) {
    give(device, false, {}, true, device);
    connect(device);
    give(device, false, 1, false, device);
    CHECK(test::commit_one(registry, test::connected({device, DeviceState::connected, DeviceState::connected},
                                                     2)) == registry::Outcome::won);
  }
  CHECK(ids_of(untold()) == Names{"strict"});
  CHECK(entry("strict").denied_serials.size() == 1);
  act("set_group_policy('lax', '{\"revoke_retired\": true}', 'why')");
  CHECK(ids_of(untold()) == Names{"lax", "strict"});
  CHECK(entry("lax").denied_serials.size() == 1);
}

TEST_CASE_METHOD(Gate, "the devices of a disabled group are denied until it is enabled", "[access]") {
  act("enroll_group('g', 'token', NULL)");
  auto request = test::accepted({.device = "a", .group = "g"});
  CHECK(test::commit_one(registry, request) == registry::Outcome::won);
  act("disable_group('g', 'why')");
  CHECK(entry("a").denied_until > 0);
  CHECK(ids_of(untold()) == Names{"a"});
  tell_all();
  act("enable_group('g', 'why')");
  CHECK(ids_of(untold()) == Names{"a"});
  CHECK(entry("a").denied_until == 0);
}

TEST_CASE_METHOD(Gate, "all that the gate has to know is read in pages", "[access]") {
  for (int n = 0; n < 7; ++n)
    give("p" + std::to_string(n), true);
  tell_all();
  Names all;
  std::string after;
  for (;;) {
    const auto page = load({.ids = {}, .untold = 0, .after = after, .page = 3}).entries;
    if (page.empty()) break;
    CHECK(page.size() <= 3);
    std::ranges::copy(ids_of(page), std::back_inserter(all));
    after = page.back().device_id;
  }
  CHECK(all == Names{"p0", "p1", "p2", "p3", "p4", "p5", "p6"});
}

TEST_CASE_METHOD(Gate, "a restored registry begins another epoch, later than any before", "[access]") {
  const auto epoch = [this] { return load({.ids = {}, .untold = 0, .after = {}, .page = 0}).epoch; };
  const auto first = epoch();
  CHECK(first > 1700000000);
  act("restored('why')");
  const auto second = epoch();
  CHECK(second > first);
  // Restored to the same backup again.
  database.run("UPDATE registry.setting SET access_epoch = 1");
  act("restored('why')");
  CHECK(epoch() >= second);
}

TEST_CASE_METHOD(Gate, "what a device said of itself is forgotten, and that it is denied is not",
                 "[access]") {
  give("a", false);
  act("decommission('a', 'scrapped')");
  act("forget('a', 'its owner asks')");
  CHECK(entry("a").denied_until > 0);
}

TEST_CASE_METHOD(Gate,
                 "whose access an operator took away is claimed once, and its end recorded when it was seen",
                 "[access]") {
  const auto claim = [&] {
    auto claimed = claim_cuts(registry, 100);
    REQUIRE(claimed);
    return *std::move(claimed);
  };
  const auto recorded = [&] {
    return database.shown(
        "SELECT kept_out_at IS NOT NULL, ended_at IS NOT NULL FROM registry.access_changes");
  };
  give("a", false);
  connect("a");
  CHECK(claim().empty());
  act("suspend('a', 'why')");
  const auto first = claim();
  REQUIRE(first.size() == 1);
  CHECK(first[0].device_id == "a");
  CHECK(claim().empty());
  CHECK(recorded() == "f|f");
  // The operator acts again: what is seen of the time before does not count.
  act("revoke('a', 'why')");
  REQUIRE(sessions_ended(registry, first));
  CHECK(recorded() == "f|f");
  const auto second = claim();
  REQUIRE(second.size() == 1);
  REQUIRE(sessions_ended(registry, second));
  CHECK(recorded() == "f|t");
  CHECK(claim().empty());
}

TEST_CASE_METHOD(Gate, "the session of a device that may connect again is not claimed", "[access]") {
  give("a", false);
  act("suspend('a', 'why')");
  act("resume('a', 'why')");
  auto claimed = claim_cuts(registry, 100);
  REQUIRE(claimed);
  CHECK(claimed->empty());
  CHECK(database.shown("SELECT cut_at FROM registry.access_entry") == "-");
}

TEST_CASE_METHOD(Gate, "a broker that was told ended the session, unless it says that the session goes on",
                 "[access]") {
  for (const bool goes_on : {true, false}) {
    const std::string id = goes_on ? "on" : "off";
    give(id, false);
    connect(id);
    act("suspend('" + id + "', 'why')");
    auto told = registry::applied_of(untold());
    REQUIRE(told.size() == 1);
    told[0].goes_on = goes_on;
    REQUIRE(broker_applied(registry, told));
    CHECK(database.shown("SELECT kept_out_at IS NOT NULL, ended_at IS NOT NULL FROM registry.access_changes "
                         "WHERE device_id = '" +
                         id + "'") == (goes_on ? "t|f" : "t|t"));
    CHECK(database.shown("SELECT online FROM registry.devices WHERE device_id = '" + id + "'") ==
          (goes_on ? "t" : "f"));
  }
}

TEST_CASE_METHOD(Gate, "where a CRL keeps devices out, only sessions by revoked certificates are claimed",
                 "[access]") {
  for (const auto* const id : {"suspended", "revoked", "reset"}) {
    give(id, false);
    connect(id);
  }
  act("suspend('suspended', 'why')");
  act("revoke('revoked', 'why')");
  act("reset('reset', 'why')");
  auto claimed = claim_cuts(registry, 100, true);
  REQUIRE(claimed);
  Names names;
  for (const auto& each : *claimed)
    names.push_back(each.device_id);
  std::ranges::sort(names);
  CHECK(names == Names{"reset", "revoked"});
}
