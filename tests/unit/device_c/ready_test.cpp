#include "support/catch.hpp"
#include "unit/device_c/played_life.hpp"

#include <utility>

// When the device in C says `ready`, and what answers it (docs/protocol.md, 6).
namespace latchkey::small {
namespace {

using Kind = Proof::Kind;

/// A device at rest whose configuration then changed, and the message that brought the change.
struct Changed {
  Changed() : life({.kind = Kind::key}) {
    REQUIRE(life.run([&] { return life.is_at_rest(); }));
    life.service.set_config({{"a", 1}});
    pushed = life.service.push();
  }
  void push(const std::string& message) { life.deliver("devices/meter-7/config", message); }
  /// Like `pushed`, whose second part it is.
  [[nodiscard]] std::string connection_alone() const {
    const Json message{{"device_id", PlayedService::device_id},
                       {"session", life.device.session.name},
                       {"state", "ready"},
                       {"config_version", life.device.config_version + 1},
                       {"confirmed", life.service.newest()},
                       {"connection",
                        {{"host", life.service.host()},
                         {"port", 8883},
                         {"tls", true},
                         {"client_id", PlayedService::device_id},
                         {"topics", "devices/meter-7"}}}};
    return life.service.sign(protocol::config_type, message.dump(), false);
  }

  PlayedLife life;
  std::string pushed;
};

TEST_CASE("a configuration that comes again, or its connection, is no answer to ready", "[device_c]") {
  for (const bool is_connection : {false, true}) {
    Changed changed;
    auto& life = changed.life;
    const auto again = is_connection ? changed.connection_alone() : changed.pushed;
    life.service_is_away = true;
    changed.push(changed.pushed);
    const auto before = life.connections;
    auto at = life.service.now;
    const auto left = [&] {
      if (life.service.now > std::exchange(at, life.service.now)) changed.push(again);
      return life.connections > before;
    };
    CHECK(life.run(left, 200));
    life.service_is_away = false;
    CHECK(life.run([&] { return life.is_at_rest(); }));
  }
}

TEST_CASE("a device that was answered and gets its configuration again says ready again, once",
          "[device_c]") {
  Changed changed;
  auto& life = changed.life;
  changed.push(changed.pushed);
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  REQUIRE(!life.run([] { return false; }, 60));
  life.events.clear();
  changed.push(changed.pushed);
  CHECK(!life.run([] { return false; }, 600));
  CHECK(life.events == std::vector<std::string>{"configuration", "configuration"});
}

TEST_CASE("a ready that is not sent yet is sent whatever comes before it", "[device_c]") {
  Changed changed;
  auto& life = changed.life;
  changed.push(changed.pushed);
  lk_step step{};
  lk_next(&life.device, &step);
  REQUIRE(step.action == LK_APPLY);
  lk_config_applied(&life.device, step.config.version, true, nullptr);
  changed.push(changed.pushed);
  CHECK(life.run([&] { return life.is_at_rest(); }, 60));
}

}  // namespace
}  // namespace latchkey::small
