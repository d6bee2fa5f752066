#include "service/identity/proof_limits.hpp"

#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

using namespace std::chrono_literals;
using latchkey::service::ProofLimits;
using latchkey::service::fixtures::device;

namespace {

// With it, no two ids of a case share a slot.
constexpr std::uint64_t seed = 2;
// The first moment of a minute, so that a case does not cross into the next.
constexpr ProofLimits::Clock::time_point start{1000min};

void fail(ProofLimits& limits, const std::string& id, int times,
          ProofLimits::Clock::time_point when = start) {
  for (int i = 0; i < times; ++i)
    limits.charge(device(id), when);
}

}  // namespace

TEST_CASE("ten failed proofs of a minute are the most of one id", "[limits]") {
  ProofLimits limits(seed);
  fail(limits, "a", 9);
  CHECK_FALSE(limits.over(device("a"), start));
  fail(limits, "a", 1);
  CHECK(limits.over(device("a"), start));
  CHECK(limits.over(device("a"), start + 59s));
  CHECK_FALSE(limits.over(device("a"), start + 60s));
}

TEST_CASE("one id's failures are not another's", "[limits]") {
  ProofLimits limits(seed);
  fail(limits, "a", 100);
  for (int i = 0; i < 50; ++i)
    CHECK_FALSE(limits.over(device("other-" + std::to_string(i)), start));
}

TEST_CASE("two hundred failures of a second are the most of all ids", "[limits]") {
  ProofLimits limits(seed);
  for (int i = 0; i < 200; ++i)
    fail(limits, "id-" + std::to_string(i), 1);
  CHECK(limits.over(device("somebody-else"), start));
  CHECK_FALSE(limits.over(device("somebody-else"), start + 1s));
}

TEST_CASE("signatures over the limit are verified for a quarter of each second", "[limits]") {
  ProofLimits limits(seed);
  CHECK(limits.may_verify(start));
  limits.spent(249ms, start);
  CHECK(limits.may_verify(start));
  limits.spent(1ms, start);
  CHECK_FALSE(limits.may_verify(start + 999ms));
  CHECK(limits.may_verify(start + 1s));
}

TEST_CASE("an id over its limit waits with signatures when the budget is spent, with a MAC never",
          "[limits]") {
  ProofLimits limits(seed);
  limits.spent(250ms, start);
  CHECK_FALSE(limits.defers(device("a"), true, start));
  fail(limits, "a", 10);
  CHECK(limits.defers(device("a"), true, start));
  CHECK_FALSE(limits.defers(device("a"), false, start));
  CHECK_FALSE(limits.defers(device("a"), true, start + 1s));
}

TEST_CASE("a proof that failed is charged; the time of a signature is, of an id over its limit", "[limits]") {
  ProofLimits limits(seed);
  for (int i = 0; i < 20; ++i)
    limits.verified(device("a"), true, true, 250ms, start);
  CHECK_FALSE(limits.over(device("a"), start));
  CHECK(limits.may_verify(start));
  for (int i = 0; i < 10; ++i)
    limits.verified(device("a"), false, false, 250ms, start);
  CHECK(limits.over(device("a"), start));
  CHECK(limits.may_verify(start));
  limits.verified(device("a"), false, true, 250ms, start);
  CHECK(limits.may_verify(start));
  limits.verified(device("a"), true, true, 250ms, start);
  CHECK_FALSE(limits.may_verify(start));
}

TEST_CASE("ten refusals a minute of one id and a hundred a second of all are kept one by one", "[limits]") {
  ProofLimits limits(seed);
  int kept = 0;
  for (int i = 0; i < 50; ++i)
    kept += limits.floods(device("a"), start) ? 0 : 1;
  CHECK(kept == 10);
  for (int i = 0; i < 1000; ++i)
    kept += limits.floods(device("made-up-" + std::to_string(i)), start) ? 0 : 1;
  CHECK(kept == 100);
  CHECK(limits.is_flooding(device("anybody"), start));
  CHECK_FALSE(limits.floods(device("later"), start + 1s));
}

TEST_CASE("a hundred answers a second that the ledger does not have are in the log, and take no place in it",
          "[limits]") {
  ProofLimits limits(seed);
  int told = 0;
  for (int i = 0; i < 1000; ++i)
    told += limits.answers_too_many(start) ? 0 : 1;
  CHECK(told == 100);
  CHECK_FALSE(limits.answers_too_many(start + 1s));
  CHECK_FALSE(limits.is_flooding(device("a"), start));
}

TEST_CASE("challenges and repeated answers count for their own id and for nobody else", "[limits]") {
  ProofLimits limits(seed);
  int kept = 0;
  for (int i = 0; i < 50; ++i)
    kept += limits.asks_often(device("a"), start) ? 0 : 1;
  CHECK(kept == 10);
  CHECK(limits.is_flooding(device("a"), start));
  // A fleet without clocks comes back after a power cut.
  for (int i = 0; i < 1000; ++i)
    CHECK_FALSE(limits.asks_often(device("meter-" + std::to_string(i)), start));
  CHECK_FALSE(limits.is_flooding(device("b"), start));
  CHECK_FALSE(limits.floods(device("b"), start));
}
