#include "bench/histogram.hpp"

#include "support/catch.hpp"

#include <limits>

using latchkey::bench::Histogram;
using namespace std::chrono_literals;

TEST_CASE("a histogram of nothing says zero", "[bench]") {
  const Histogram none;
  CHECK(none.count() == 0);
  CHECK(none.at(0.5) == 0ns);
  CHECK(none.max() == 0ns);
}

TEST_CASE("a percentile is the value that this share is not above", "[bench]") {
  Histogram hundred;
  for (int i = 1; i <= 100; ++i)
    hundred.record(std::chrono::nanoseconds(i));
  CHECK(hundred.count() == 100);
  CHECK(hundred.at(0.0) == 1ns);
  CHECK(hundred.at(0.5) == 50ns);
  CHECK(hundred.at(0.99) == 99ns);
  CHECK(hundred.at(0.999) == 100ns);
  CHECK(hundred.at(1.0) == 100ns);
}

TEST_CASE("one slow answer of a thousand is the p99.9 and not the p99", "[bench]") {
  Histogram answers;
  for (int i = 0; i < 998; ++i)
    answers.record(1ms);
  answers.record(2s);
  answers.record(2s);
  CHECK(answers.at(0.99) < 1100us);
  CHECK(answers.at(0.999) == 2s);
}

TEST_CASE("a value is kept within a 64th of itself, never below", "[bench]") {
  for (std::int64_t value = 1; value < std::numeric_limits<std::int64_t>::max() / 3; value = value * 3 + 1) {
    Histogram one;
    one.record(std::chrono::nanoseconds(value));
    one.record(std::chrono::nanoseconds::max());  // so that the bucket's end is not cut at the greatest value
    const auto read = one.at(0.5).count();
    CHECK(read >= value);
    CHECK(read - value <= value / 64);
  }
}

TEST_CASE("the greatest and impossible durations are counted too", "[bench]") {
  Histogram edges;
  edges.record(std::chrono::nanoseconds::max());
  edges.record(-1ns);
  CHECK(edges.count() == 2);
  CHECK(edges.at(0.5) == 0ns);
  CHECK(edges.at(1.0) == std::chrono::nanoseconds::max());
}
