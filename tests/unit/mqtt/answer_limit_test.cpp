#include "mqtt/answer_limit.hpp"

#include "support/catch.hpp"

using namespace latchkey::mqtt;
using namespace std::chrono_literals;

TEST_CASE("the limit of an attempt to connect doubles after each that took too long, to the longest one",
          "[link]") {
  AnswerLimit limit(5s, 20s);
  std::vector<std::chrono::seconds> limits;
  for (int n = 0; n < 4; ++n) {
    limits.push_back(limit.now());
    limit.took_too_long();
  }
  CHECK(limits == std::vector<std::chrono::seconds>{5s, 10s, 20s, 20s});
  limit.reset();
  CHECK(limit.now() == 5s);
}

TEST_CASE("a limit that may not grow stays", "[link]") {
  AnswerLimit limit(5s, 1s);
  limit.took_too_long();
  CHECK(limit.now() == 5s);
}
