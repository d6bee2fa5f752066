#include "model/traces.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

using namespace latchkey::model;

namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

std::string report_of(Runner& runner, const Trace& trace, std::uint64_t seed) {
  const Trace smallest = runner.smallest(trace);
  const auto difference = runner.difference_of(smallest);
  std::string report = "they differ with seed " + std::to_string(seed) + ":\n" + text_of(smallest);
  if (!difference) return report + "  (they agreed the last time)\n";
  return report + "the model: " + difference->model + "\nthe registry: " + difference->real + "\n";
}

}  // namespace

/// Of ./dev faults model: LATCHKEY_MODEL_STEPS and LATCHKEY_MODEL_SEED. A difference names the seed of its
/// trace, with which it comes first.
TEST_CASE("whatever happens to a device, the registry is as the model says", "[model]") {
  const std::uint64_t steps = number_of("LATCHKEY_MODEL_STEPS", 700);
  std::uint64_t seed = number_of("LATCHKEY_MODEL_SEED", std::random_device()());
  std::cout << "seed " << seed << std::endl;
  Runner runner;
  std::uint64_t said = 0;
  for (; runner.steps() < steps; ++seed) {
    std::mt19937_64 chance(seed);
    const Trace trace = random_trace(chance);
    if (runner.difference_of(trace)) {
      std::cout << report_of(runner, trace, seed);
      FAIL("the registry is not as the model says");
    }
    if (runner.steps() / 10000 != said) {
      said = runner.steps() / 10000;
      std::cout << runner.steps() << " steps agree" << std::endl;
    }
  }
  std::cout << runner.steps() << " steps agree; " << runner.too_slow() << " traces were cut short"
            << std::endl;
  CHECK(runner.too_slow() * 20 < runner.steps());
}
