#include "database.hpp"
#include "registry/broker_access.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using registry::AccessChanges;
using test::Database;
using test::Login;

namespace {

using Names = std::vector<std::string>;

struct Following {
  void act(const std::string& call) { database.run("SELECT registry." + call, Login::ops); }
  void give(const std::string& device) {
    auto request = test::accepted({.device = device});
    auto& credential = request.registration->credential;
    credential.type = protocol::CredentialType::password;
    credential.salt = crypto::Bytes(16, 1);
    credential.password_hash = crypto::Sha256Digest{2};
    REQUIRE(test::commit_one(registry, request) == registry::Outcome::won);
  }
  AccessChanges load(const registry::AccessQuery& query) {
    auto loaded = load_access_changes(registry, query);
    INFO((loaded ? "" : loaded.error().what));
    REQUIRE(loaded);
    return *std::move(loaded);
  }
  /// The devices of all pages; `since` becomes the snapshot of the first.
  Names walk(std::size_t page = 100) {
    Names names;
    registry::AccessQuery query{.since = since, .after = {}, .page = page};
    std::optional<std::string> snapshot;
    do {
      const auto changes = load(query);
      if (!snapshot) snapshot = changes.snapshot;
      for (const auto& entry : changes.access.entries)
        names.push_back(entry.device_id);
      tell(changes);
      query.after = changes.more;
    } while (query.after);
    since = snapshot;
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
  }
  /// As the service does, so that what is untold does not come again.
  void tell(const AccessChanges& changes) {
    REQUIRE(broker_applied(registry, registry::applied_of(changes.access.entries)));
    REQUIRE(rights_told(registry, registry::told_rights_of(changes.access)));
  }

  Database database;
  registry::Registry registry = database.registry();
  std::optional<std::string> since;
};

}  // namespace

TEST_CASE_METHOD(Following, "the first walk reads all, and each later one what changed since", "[access]") {
  for (const auto* const id : {"a", "b", "c", "d", "e"})
    give(id);
  CHECK(walk(2) == Names{"a", "b", "c", "d", "e"});
  CHECK(walk(2).empty());
  act("suspend('b', 'why')");
  give("f");
  CHECK(walk(2) == Names{"b", "f"});
  CHECK(walk(2).empty());
  since.reset();
  CHECK(walk(2) == Names{"a", "b", "c", "d", "e", "f"});
}

TEST_CASE_METHOD(Following, "what another replica recorded as told is still found", "[access]") {
  walk();
  give("a");
  const auto mine = since;
  CHECK(walk() == Names{"a"});
  since = mine;
  CHECK(walk() == Names{"a"});
}

TEST_CASE_METHOD(Following, "what an older transaction commits later is found", "[access]") {
  for (const auto* const id : {"a", "b"})
    give(id);
  walk();
  auto early = database.connect(Login::ops);
  pqxx::work open(*early);
  open.exec("SELECT registry.suspend('a', 'why')");
  act("suspend('b', 'why')");
  CHECK(walk() == Names{"b"});
  CHECK(walk().empty());
  open.commit();
  CHECK(walk() == Names{"a"});
  CHECK(walk().empty());
}

TEST_CASE_METHOD(Following, "rights come with their sets", "[access]") {
  give("a");
  walk();
  act(R"(set_fleet_rights('{"publish": ["plant/${device_id}/#"]}', 'why'))");
  REQUIRE(note_rights(registry, std::array{std::string("a")}));
  const auto changes = load({.since = since, .after = {}, .page = 10});
  REQUIRE(changes.access.sets.size() == 1);
  CHECK(changes.access.sets[0].rights.contains("plant/${device_id}/#"));
  REQUIRE(changes.access.entries.size() == 1);
  CHECK(changes.access.entries[0].rights);
  CHECK(changes.access.entries[0].logins.size() == 1);
  tell(changes);
  // Another replica, whose snapshot is the older one.
  const auto again = load({.since = since, .after = {}, .page = 10});
  CHECK(again.access.sets.size() == 1);
  CHECK(again.access.entries.size() == 1);
}

TEST_CASE_METHOD(Following, "a snapshot of another server is recognized", "[access]") {
  walk();
  CHECK_FALSE(load({.since = since, .after = {}, .page = 10}).is_of_other_server);
  CHECK(load({.since = "900000000000:900000000000:", .after = {}, .page = 10}).is_of_other_server);
  database.run("UPDATE registry.access_entry SET changed_in = '900000000000'");
  CHECK(walk().empty());
}

TEST_CASE_METHOD(Following, "a device stays denied when its certificate ends, since its session may not",
                 "[access]") {
  REQUIRE(test::commit_one(registry, test::accepted({.device = "a"})) == registry::Outcome::won);
  act("revoke('a', 'why')");
  database.run(
      "UPDATE registry.credential SET not_before = now() - interval '2 days', not_after = now() - interval "
      "'1 day'");
  for (const bool forgotten : {false, true}) {
    if (forgotten) {
      act("decommission('a', 'why')");
      act("forget('a', 'why')");
    }
    since.reset();
    const auto changes = load({.since = since, .after = {}, .page = 10});
    REQUIRE(changes.access.entries.size() == 1);
    constexpr std::int64_t far = 4'000'000'000;
    CHECK(changes.access.entries[0].denied_until > far);
  }
}
