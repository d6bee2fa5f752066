#include "service/observability/timestamp.hpp"

#include "support/catch.hpp"

using namespace latchkey::service;

TEST_CASE("times are written with milliseconds in UTC", "[timestamp]") {
  CHECK(format_rfc3339(Milliseconds(std::chrono::milliseconds(1769860800007))) == "2026-01-31T12:00:00.007Z");
}
