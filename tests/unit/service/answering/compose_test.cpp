#include "service/answering/compose.hpp"

#include "support/catch.hpp"

#include <set>

using namespace latchkey::service;
using latchkey::protocol::Status;

TEST_CASE("a retry comes after one to two delays", "[compose]") {
  std::set<std::int64_t> delays;
  for (int i = 0; i < 1000; ++i)
    delays.insert(jittered(60, Status::retry));
  CHECK(*delays.begin() >= 60);
  CHECK(*delays.rbegin() <= 120);
  CHECK(*delays.begin() < 70);
  CHECK(*delays.rbegin() > 110);
}

TEST_CASE("a rejection's delay is up to a tenth shorter, never longer: devices wait an hour at most",
          "[compose]") {
  std::set<std::int64_t> delays;
  for (int i = 0; i < 1000; ++i)
    delays.insert(jittered(3600, Status::rejected));
  CHECK(*delays.begin() >= 3240);
  CHECK(*delays.rbegin() <= 3600);
  CHECK(delays.size() > 200);
}

TEST_CASE("no delay stays no delay", "[compose]") {
  CHECK(jittered(0, Status::retry) == 0);
  CHECK(jittered(0, Status::rejected) == 0);
}
