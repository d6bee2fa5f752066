#include "device/timekeeper.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"

namespace latchkey::device {
namespace {

namespace fs = std::filesystem;

std::int64_t seconds_of(const std::optional<crypto::Time>& time) {
  return time.value().time_since_epoch().count();
}

/// A device's folder, and a clock that the test sets.
struct World {
  fs::path path = fs::temp_directory_path() / ("latchkey-time-" + crypto::to_hex(crypto::random_bytes(8)));
  std::optional<std::int64_t> clock;
  Store store = Store::open(path, "12345").value();
  Environment environment{.clock = [this] { return clock; }, .uniform = {}, .random_bytes = {}};

  World() = default;
  ~World() { fs::remove_all(path); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
};

TEST_CASE("there is no time until the service told one, whatever the device's own clock says",
          "[timekeeper]") {
  World world;
  world.clock = GENERATE(std::optional<std::int64_t>(), 0, 1'765'000'000, 1'900'000'000);
  Timekeeper time(world.store, world.environment);
  CHECK_FALSE(time.now());
  REQUIRE(time.learn(1'800'000'000));
  CHECK(seconds_of(time.now()) - 1'800'000'000 < 60);
  CHECK(seconds_of(time.now()) >= 1'800'000'000);
}

TEST_CASE("after a power cut it is known that it is no earlier than what was told", "[timekeeper]") {
  World world;
  REQUIRE(Timekeeper(world.store, world.environment).learn(1'800'000'000));
  const Timekeeper time(world.store, world.environment);
  CHECK_FALSE(time.now());
  CHECK(seconds_of(time.earliest()) == 1'800'000'000);
  CHECK(seconds_of(time.guess()) == 1'800'000'000);
  world.clock = 1'900'000'000;
  CHECK(seconds_of(time.guess()) == 1'900'000'000);
}

TEST_CASE("a time that was told is never set back", "[timekeeper]") {
  World world;
  Timekeeper time(world.store, world.environment);
  REQUIRE(time.learn(1'800'000'000));
  REQUIRE(time.learn(1'700'000'000));
  CHECK(seconds_of(time.now()) >= 1'800'000'000);
  world.clock = 1'600'000'000;  // a battery ran out
  CHECK(seconds_of(time.now()) >= 1'800'000'000);
  world.clock = 1'900'000'000;  // or was never right
  CHECK(seconds_of(time.now()) < 1'800'000'060);
  CHECK(seconds_of(time.guess()) < 1'800'000'060);
}

}  // namespace
}  // namespace latchkey::device
