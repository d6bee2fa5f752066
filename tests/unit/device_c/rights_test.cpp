#include "support/catch.hpp"
#include "unit/device_c/played_life.hpp"

#include <algorithm>

// What the device in C tells the application about its rights.
namespace latchkey::small {
namespace {

using Kind = Proof::Kind;

const std::vector<std::string> telemetry{"plant/meter-7/telemetry/#"}, commands{"plant/meter-7/commands/#"};
constexpr const char* both = "publish plant/meter-7/telemetry/# subscribe plant/meter-7/commands/#";
constexpr const char* none = "publish subscribe";

bool is_told(PlayedLife& life, const char* rights) {
  return life.run([&] { return life.rights == rights; }, 600);
}

void push(PlayedLife& life) {
  life.deliver("devices/meter-7/config", life.service.push());
}

TEST_CASE("the application is told its rights when the device is ready, with every proof", "[device_c]") {
  for (const auto kind : {Kind::key, Kind::private_key, Kind::token}) {
    PlayedLife life({.kind = kind});
    life.service.set_rights(telemetry, commands);
    CHECK(is_told(life, both));
    CHECK(life.service.is_ready());
  }
}

TEST_CASE("a device without rights is told so", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  CHECK(is_told(life, none));
}

TEST_CASE("rights that change are stored once and told on the same connection", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  REQUIRE(is_told(life, none));
  REQUIRE(life.run([&] { return life.is_at_rest(); }));
  const auto connections = life.connections;
  const auto writes = life.flash.writes();
  life.service.set_rights(telemetry, {});
  push(life);
  CHECK(is_told(life, "publish plant/meter-7/telemetry/# subscribe"));
  push(life);
  CHECK(life.run([&] { return life.is_at_rest(); }));
  CHECK(life.connections == connections);
  CHECK(life.flash.writes() == writes + 3);  // the connection, the configuration, that it is applied
}

TEST_CASE("rights that come without anchors leave the anchors that the device has", "[device_c]") {
  PlayedLife life({.kind = Kind::private_key});
  REQUIRE(is_told(life, none));
  life.rights.clear();
  life.service.announce_anchor();
  push(life);
  REQUIRE(is_told(life, none));  // in the next session
  REQUIRE(life.flash.holds(life.service.announced_anchor()));
  const auto connections = life.connections;
  life.service.omit_anchors();
  life.service.set_rights(telemetry, commands);
  push(life);
  CHECK(is_told(life, both));
  CHECK(life.connections == connections);
  CHECK(life.flash.holds(life.service.announced_anchor()));
}

TEST_CASE("each session is told the rights, also after a power cut", "[device_c]") {
  PlayedLife life({.kind = Kind::key});
  life.service.set_rights(telemetry, commands);
  REQUIRE(is_told(life, both));
  life.rights.clear();
  lk_on_disconnected(&life.device, LK_NETWORK);
  CHECK(is_told(life, both));
  life.rights.clear();
  life.power_cut();
  CHECK(is_told(life, both));
}

TEST_CASE("rights survive a renewal and another broker", "[device_c]") {
  PlayedLife life({.kind = Kind::private_key});
  life.service.set_rights(telemetry, commands);
  CHECK(life.live());
  CAPTURE(life.trouble, life.events);
  life.rights.clear();
  life.power_cut();
  CHECK(is_told(life, both));
}

TEST_CASE("rights of a thousand bytes fit beside the largest credential", "[device_c]") {
  PlayedLife life({.kind = Kind::key}, 8192);
  std::vector<std::string> many;
  for (int i = 10; i < 26; ++i)
    many.push_back("plant/meter-7/telemetry/of-a-long-name-of-sixty-bytes-or-more/" + std::to_string(i));
  life.service.set_rights(many, {});
  CHECK(life.live());
  CAPTURE(life.trouble, life.events);
  CHECK(life.trouble.empty());
}

}  // namespace
}  // namespace latchkey::small
