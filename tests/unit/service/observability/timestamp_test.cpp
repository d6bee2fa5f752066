#include "service/observability/timestamp.hpp"

#include "support/catch.hpp"

using namespace latchkey::service;

TEST_CASE("times of RFC 3339 are read with their offset", "[timestamp]") {
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(1769860800));
  for (const char* const text : {"2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31T13:30:00+01:30",
                                 "2026-01-31T07:00:00.123-05:00", "2026-01-31T12:00:00-00:00"}) {
    INFO(text);
    CHECK(parse_rfc3339(text) == time);
  }
}

TEST_CASE("what is no time of RFC 3339 is refused", "[timestamp]") {
  for (const char* const text :
       {"", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-02-30T12:00:00Z",
        "2026-13-01T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z",
        "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00ZZ", "26-01-31T12:00:00Z", "tomorrow"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("times are written with milliseconds in UTC", "[timestamp]") {
  CHECK(format_rfc3339(Milliseconds(std::chrono::milliseconds(1769860800007))) == "2026-01-31T12:00:00.007Z");
}
