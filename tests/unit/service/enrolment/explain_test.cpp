#include "service/enrolment/explain.hpp"

#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::service;
using registry::Admitted;
using registry::DeviceState;
using namespace std::chrono_literals;

namespace {

/// As it stands: a newcomer by a group's key, who is let in.
struct Known : registry::ExplainedFacts {
  Known() {
    now = fixtures::now;
    facts = fixtures::facts_of(fixtures::key_of_group());
  }
  registry::Policy& policy() { return facts.enrolment->policy; }
  void is(DeviceState state) {
    facts.device = fixtures::registered_by("group:meters", state);
    facts.newest.emplace();
    facts.newest->live = true;
  }
  void waits() {
    facts.device.emplace();
    facts.device->state = DeviceState::provisioning_requested;
    facts.device->waiting.emplace();
  }
};

/// What refuses, each "name: reason" on a line.
std::string refusals(const Known& known, bool gives_passwords = true) {
  std::string lines;
  for (const auto& check : explain(fixtures::device(), known, gives_passwords))
    if (!check.passes)
      lines += check.name + ": " + std::string(registry::row_of(check.reason.value()).id) + '\n';
  return lines;
}
/// What to do about it, a line each.
std::string remedies(const Known& known) {
  std::string lines;
  for (const auto& check : explain(fixtures::device(), known, true))
    if (!check.passes) lines += check.remedy + '\n';
  return lines;
}

using Change = void (*)(Known&);

struct Row {
  Change change;
  std::string_view refusals;
};

}  // namespace

TEST_CASE("explain: what refuses, and the reason that a request would get", "[explain]") {
  const std::vector<Row> rows = {
      {[](Known&) {}, ""},
      {[](Known& k) { k.facts.enrolment.reset(); }, "enrolment: no_enrolment\n"},
      {[](Known& k) { k.facts.enrolment->enabled = false; }, "enabled: group_disabled\n"},
      {[](Known& k) {
         k.facts.enrolment = fixtures::key_of_device();
         k.facts.enrolment->enabled = false;
       },
       "enabled: enrolment_disabled\n"},
      {[](Known& k) {
         k.is(DeviceState::ready);
         k.facts.device->enrolled_by = "group:pumps";
       },
       "registered by it: registered_by_another_enrolment\n"},
      {[](Known& k) { k.is(DeviceState::suspended); }, "not suspended: device_suspended\n"},
      {[](Known& k) { k.is(DeviceState::revoked); }, "not revoked: device_revoked\n"},
      {[](Known& k) { k.policy().in_window = false; }, "validity window: outside_window\n"},
      {[](Known& k) { k.policy().id_matches = false; }, "id pattern: id_not_matched\n"},
      {[](Known& k) { k.policy().admitted = Admitted::listed; }, "allow list: not_on_the_list\n"},
      {[](Known& k) {
         k.is(DeviceState::ready);
         k.policy().may_reprovision = false;
       },
       "reprovisioning: reprovisioning_denied\n"},
      {[](Known& k) { k.policy().admitted = Admitted::approved; }, "approval: waits_for_approval\n"},
      {[](Known& k) {
         k.policy().admitted = Admitted::approved;
         k.waits();
       },
       "approval: waits_for_approval\n"},
      {[](Known& k) {
         k.policy().admitted = Admitted::approved;
         k.waits();
         k.facts.device->rejected = std::exchange(k.facts.device->waiting, std::nullopt);
       },
       "approval: rejected_by_operator\n"},
      {[](Known& k) { k.quota = {5, 5, false}; }, "quota: quota_used_up\n"},
      {[](Known& k) { k.quota = {5, 5, true}; }, ""},
      {[](Known& k) { k.quota = {4, 5, false}; }, ""},
      {[](Known& k) {
         k.is(DeviceState::ready);
         k.quota = {5, 5, false};
       },
       ""},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Known known;
    rows[i].change(known);
    INFO("row " << i);
    CHECK(refusals(known) == rows[i].refusals);
  }
}

TEST_CASE("explain: what an operator does is the catalogue's advice, with the names filled in", "[explain]") {
  Known known;
  known.is(DeviceState::suspended);
  known.policy().may_reprovision = false;
  known.facts.enrolment->enabled = false;
  CHECK(
      remedies(known) ==
      "SELECT registry.enable_group('meters', 'why') lets its devices in again.\n"
      "SELECT registry.resume('12345', 'why') ends the suspension.\n"
      "If the device lost its credential: SELECT registry.reset('12345', 'why') lets it provision again.\n");
}

TEST_CASE("explain: a password is renewed by the first proof when its time has come", "[explain]") {
  Known known;
  known.is(DeviceState::ready);
  known.policy().may_reprovision = false;
  known.policy().allows_x509 = false;
  known.policy().allows_password = true;
  known.facts.newest->type = protocol::CredentialType::password;
  known.facts.newest->not_before = known.now - 2h;
  known.facts.newest->not_after = known.now + 2h;
  CHECK(refusals(known).starts_with("reprovisioning: "));
  known.now += 30min;
  CHECK(refusals(known).empty());
}

TEST_CASE("explain: where passwords are all that is allowed, the service has to give some", "[explain]") {
  Known known;
  CHECK(refusals(known, false).empty());
  known.policy().allows_password = true;
  CHECK(refusals(known, false).empty());
  known.policy().allows_x509 = false;
  CHECK(refusals(known).empty());
  CHECK(refusals(known, false) == "password: passwords_not_given\n");
}

TEST_CASE("a password is refused where the service gives none, as explain says", "[explain]") {
  Known known;
  known.policy().allows_password = true;
  known.policy().allows_x509 = false;
  auto request = fixtures::request();
  request.credential = protocol::CredentialType::password;
  const auto received = fixtures::signed_in_group(request);
  const auto verified = fixtures::authenticator().authenticate(received, known.facts, fixtures::now);
  REQUIRE(verified);
  for (const bool gives : {false, true}) {
    const auto decision = Decider(fixtures::nonces(), gives).decide(*verified, known.facts, fixtures::now);
    CHECK(std::holds_alternative<Grant>(decision) == gives);
    CHECK(refusals(known, gives).empty() == gives);
  }
}

TEST_CASE("explain: which enrolment is asked stands first", "[explain]") {
  Known known;
  CHECK(explain(fixtures::device(), known, true).front().detail == "group meters, proof symmetric_key");
  known.facts.enrolment = fixtures::token_of(registry::Origin::device);
  CHECK(explain(fixtures::device(), known, true).front().detail == "its own, proof token");
  known.facts.enrolment->group = "meters";
  CHECK(explain(fixtures::device(), known, true).front().detail ==
        "its own, proof token, with the policy of group meters");
  CHECK(explain(fixtures::device(), known, true)[3].detail == "reported: they fill no configuration");
  known.policy().trusts_token_attributes = true;
  CHECK(explain(fixtures::device(), known, true)[3].detail == "trusted: they fill configurations");
}

TEST_CASE("explain: all that refuses is named, not only the first", "[explain]") {
  Known known;
  known.facts.enrolment->enabled = false;
  known.policy().in_window = false;
  known.policy().admitted = Admitted::listed;
  const auto checks = explain(fixtures::device(), known, true);
  CHECK(std::ranges::count(checks, false, &ExplainedCheck::passes) == 3);
}

TEST_CASE("explain: the rights of the device are shown, and refuse nobody", "[explain]") {
  Known known;
  known.facts.enrolment->rights = R"({"publish": ["a/${device_id}"], "subscribe": []})";
  const auto checks = explain(fixtures::device(), known, true);
  CHECK(checks.back().name == "rights");
  CHECK(checks.back().detail == R"({"publish": ["a/12345"], "subscribe": []})");
  CHECK(checks.back().passes);
}

TEST_CASE("explain: placeholders are filled in once, whatever the names are", "[explain]") {
  Known known;
  known.facts.enrolment->group = "GRID";
  known.policy().admitted = Admitted::listed;
  CHECK(remedies(known) == "Add it to the list: latchkey enroll device 12345 --group GRID --allow.\n");
}

namespace {

/// What the service does with a good request of the device.
bool gets_a_credential(const registry::RequestFacts& facts) {
  const bool token = facts.enrolment->proof == registry::ProofKind::token;
  const auto received = token ? fixtures::with_token() : fixtures::signed_in_group();
  const auto verified = fixtures::authenticator().authenticate(received, facts, fixtures::now);
  if (!verified) return false;
  return std::holds_alternative<Grant>(Decider(fixtures::nonces()).decide(*verified, facts, fixtures::now));
}

/// Makes one of the situations that there are: each bit of `which` spoils something.
Known situation(std::optional<DeviceState> state, unsigned which) {
  const auto bit = [which](unsigned n) { return (which >> n & 1U) != 0; };
  Known known;
  if (bit(0)) known.facts.enrolment = fixtures::token_of(registry::Origin::group);
  if (state) known.is(*state);
  if (state == DeviceState::off || state == DeviceState::provisioning_requested)
    known.facts.device->enrolled_by.clear();
  if (state && bit(1)) known.facts.newest->live = false;
  if (state && bit(2) && !known.facts.device->enrolled_by.empty())
    known.facts.device->enrolled_by = "group:pumps";
  known.facts.enrolment->enabled = !bit(3);
  known.policy().in_window = !bit(4);
  known.policy().id_matches = !bit(5);
  known.policy().may_reprovision = !bit(6);
  if (bit(7)) known.policy().admitted = bit(8) ? Admitted::approved : Admitted::listed;
  known.policy().is_listed = bit(9);
  return known;
}

}  // namespace

TEST_CASE("explain says yes exactly where the service does", "[explain]") {
  std::vector<std::optional<DeviceState>> states{std::nullopt};
  for (int i = 0; i <= static_cast<int>(DeviceState::revoked); ++i)
    states.emplace_back(static_cast<DeviceState>(i));
  for (const auto& state : states) {
    // Up to three things spoiled at a time: a refusal that hides another one is among them.
    for (unsigned which = 0; which < 1024; ++which) {
      if (std::popcount(which) > 3) continue;
      const Known known = situation(state, which);
      INFO("state " << (state ? registry::name_of(*state) : "none") << ", bits " << which);
      CHECK(refusals(known).empty() == gets_a_credential(known.facts));
    }
  }
}
