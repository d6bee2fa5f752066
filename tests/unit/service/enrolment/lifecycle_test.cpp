#include "service/enrolment/lifecycle.hpp"

#include "support/catch.hpp"

#include <array>

using namespace latchkey;
using protocol::StatusKind;
using registry::DeviceState;

namespace {

constexpr std::int64_t current = 7;
constexpr std::string_view session = "session-1";

registry::StatusFacts facts_of(DeviceState state, std::int64_t applied = 0) {
  registry::StatusFacts facts;
  facts.device.emplace();
  facts.device->state = state;
  facts.device->configured.version = current;
  facts.device->applied_config_version = applied;
  facts.credential.emplace();
  facts.credential->live = true;
  facts.session = session;
  return facts;
}

protocol::StatusMessage says(StatusKind kind, std::int64_t config_version = 0) {
  protocol::StatusMessage status;
  status.kind = kind;
  status.session = session;
  status.config_version = config_version;
  return status;
}

/// The name of the state that follows, or why the status does not count.
std::string after(const protocol::StatusMessage& status, const registry::StatusFacts& facts) {
  const auto next = service::next_state(status, facts);
  return std::string(next ? registry::name_of(*next) : registry::row_of(next.error()).id);
}

struct Step {
  DeviceState from;
  std::int64_t applied;
  StatusKind kind;
  std::int64_t version;
  std::string_view to;
};

constexpr auto registered = DeviceState::registered;
constexpr auto connected = DeviceState::connected;
constexpr auto ready = DeviceState::ready;

constexpr std::array steps{
    Step{registered, 0, StatusKind::connected, 0, "connected"},
    Step{registered, current, StatusKind::connected, 0, "connected"},
    Step{connected, 0, StatusKind::connected, 0, "connected"},
    Step{connected, current, StatusKind::connected, 0, "connected"},
    Step{ready, current, StatusKind::connected, 0, "ready"},
    Step{ready, current - 1, StatusKind::connected, 0, "connected"},

    Step{connected, 0, StatusKind::ready, current, "ready"},
    Step{connected, 0, StatusKind::ready, current - 1, "connected"},
    Step{connected, 0, StatusKind::ready, current + 1, "connected"},
    Step{ready, current, StatusKind::ready, current, "ready"},
    Step{ready, current, StatusKind::ready, current - 1, "ready"},

    // The version in these means nothing.
    Step{connected, 0, StatusKind::failed, current, "connected"},
    Step{ready, current, StatusKind::failed, 0, "ready"},
    Step{connected, 0, StatusKind::disconnected, current, "connected"},
    Step{ready, current, StatusKind::disconnected, 0, "ready"},
};

constexpr std::array kinds{StatusKind::connected, StatusKind::ready, StatusKind::failed,
                           StatusKind::disconnected};

}  // namespace

TEST_CASE("each status moves each state as the table says", "[lifecycle]") {
  for (const Step& step : steps) {
    INFO(registry::name_of(step.from)
         << ", applied " << step.applied << ": " << protocol::name_of(step.kind) << " " << step.version);
    CHECK(after(says(step.kind, step.version), facts_of(step.from, step.applied)) == step.to);
  }
}

TEST_CASE("a device that is not registered, suspended or revoked says nothing that counts", "[lifecycle]") {
  for (const auto kind : kinds) {
    for (const auto state : {DeviceState::off, DeviceState::provisioning_requested, DeviceState::suspended,
                             DeviceState::revoked})
      if (kind != StatusKind::disconnected)
        CHECK(after(says(kind, current), facts_of(state, current)) == "device_not_registered");
    auto unknown = facts_of(connected);
    unknown.device.reset();
    CHECK(after(says(kind, current), unknown) == "device_not_registered");
  }
}

TEST_CASE("a device of a disabled group or enrolment says nothing that counts but goodbye", "[lifecycle]") {
  for (const auto origin : {registry::Origin::group, registry::Origin::device}) {
    auto facts = facts_of(ready, current);
    facts.enrolment.emplace().origin = origin;
    facts.enrolment->enabled = false;
    for (const auto kind : {StatusKind::connected, StatusKind::ready, StatusKind::failed})
      CHECK(after(says(kind, current), facts) ==
            (origin == registry::Origin::group ? "group_disabled" : "enrolment_disabled"));
    CHECK(after(says(StatusKind::disconnected), facts) == "ready");
  }
}

TEST_CASE("a goodbye counts in every state, and moves none", "[lifecycle]") {
  for (const auto state : {DeviceState::off, DeviceState::suspended, DeviceState::revoked})
    CHECK(after(says(StatusKind::disconnected), facts_of(state)) == registry::name_of(state));
}

TEST_CASE("connected counts under a live generation only", "[lifecycle]") {
  auto facts = facts_of(registered);
  facts.credential->live = false;
  CHECK(after(says(StatusKind::connected), facts) == "generation_not_live");
  facts.credential.reset();
  CHECK(after(says(StatusKind::connected), facts) == "generation_not_live");
}

TEST_CASE("connected opens a session of its own, whatever is open", "[lifecycle]") {
  auto facts = facts_of(registered);
  facts.session = "another-1";
  CHECK(after(says(StatusKind::connected), facts) == "connected");
  facts.session.clear();
  CHECK(after(says(StatusKind::connected), facts) == "connected");
}

TEST_CASE("a session that is open from before a reset is not one of the new registration", "[lifecycle]") {
  for (const auto kind : {StatusKind::ready, StatusKind::failed})
    CHECK(after(says(kind, current), facts_of(registered)) == "session_not_open");
  CHECK(after(says(StatusKind::disconnected), facts_of(registered)) == "registered");
}

TEST_CASE("everything else counts in the open session only", "[lifecycle]") {
  for (const auto kind : {StatusKind::ready, StatusKind::failed, StatusKind::disconnected}) {
    auto facts = facts_of(connected);
    facts.session = "session-2";
    CHECK(after(says(kind, current), facts) == "session_not_open");
    facts.session.clear();
    CHECK(after(says(kind, current), facts) == "session_not_open");
    auto nameless = says(kind, current);
    nameless.session.clear();
    CHECK(after(nameless, facts) == "session_not_open");
  }
}
