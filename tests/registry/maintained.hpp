#pragma once

#include "database.hpp"
#include "registry/housekeeping.hpp"
#include "support/catch.hpp"

// Maintenance as the service does it, a bounded step at a time.
namespace latchkey::test {

/// One step; true if there is more to do.
[[nodiscard]] inline bool maintain(Database& database) {
  auto registry = database.registry();
  const auto more = latchkey::registry::maintain(registry);
  INFO((more ? "" : more.error().what));
  REQUIRE(more);
  return *more;
}

inline void maintain_all(Database& database) {
  for (int round = 0; maintain(database); ++round)
    REQUIRE(round < 20);
}

}  // namespace latchkey::test
