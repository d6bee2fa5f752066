#include "service/pipeline/tracking.hpp"

#include "support/catch.hpp"

#include <set>
#include <thread>

using namespace latchkey;
using namespace latchkey::service;
using namespace std::chrono_literals;

namespace {

std::int64_t milliseconds_in(const std::string& uuid) {
  return std::stoll(uuid.substr(0, 8) + uuid.substr(9, 4), nullptr, 16);
}

std::int64_t milliseconds_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

}  // namespace

TEST_CASE("a tracking id is a UUID of version 7 with the time in front", "[tracking]") {
  const auto before = milliseconds_now();
  const auto id = new_tracking_id();
  REQUIRE(id.size() == 36);
  CHECK(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
  for (const std::size_t dash : {8U, 13U, 18U, 23U})
    CHECK(id[dash] == '-');
  CHECK(id[14] == '7');
  CHECK(std::string("89ab").find(id[19]) != std::string::npos);
  CHECK(milliseconds_in(id) >= before);
  CHECK(milliseconds_in(id) <= milliseconds_now());
}

TEST_CASE("tracking ids are in the order of time and never the same", "[tracking]") {
  const auto first = new_tracking_id();
  std::this_thread::sleep_for(2ms);
  CHECK(first < new_tracking_id());
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i)
    ids.insert(new_tracking_id());
  CHECK(ids.size() == 1000);
}

TEST_CASE("when a message came in is told by the database's clock", "[tracking]") {
  const registry::Clock now{1767225600s};
  const auto at = received_at(Steady::now() - 3s, now);
  CHECK(at <= now - 3s);
  CHECK(at > now - 4s);
}
