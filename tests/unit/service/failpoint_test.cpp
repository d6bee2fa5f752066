#include "service/failpoint.hpp"

#include "support/catch.hpp"

#include <cstdlib>

using latchkey::service::failpoint;

TEST_CASE("a failpoint that nobody armed does nothing", "[failpoint]") {
  REQUIRE(std::getenv("LATCHKEY_FAILPOINTS") == nullptr);
  for (const auto* name : {"after_receive", "after_decode", "after_authenticate", "before_commit",
                           "after_commit", "before_publish", "after_publish", ""})
    failpoint(name);
  SUCCEED("still here");
}
