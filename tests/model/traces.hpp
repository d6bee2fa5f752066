#pragma once

#include "model/model.hpp"
#include "model/real.hpp"

#include <memory>
#include <optional>

namespace latchkey::model {

/// Where model and registry differ.
struct Difference {
  std::size_t steps = 0;  ///< so many of the trace were done
  std::string model;
  std::string real;
};

/// Runs traces against the model and against the registry.
class Runner {
 public:
  /// Step by step, until they differ.
  [[nodiscard]] std::optional<Difference> difference_of(const Trace& trace);
  /// A trace from which nothing can be left out: without it, they agree.
  [[nodiscard]] Trace smallest(Trace trace);
  [[nodiscard]] std::size_t steps() const { return steps_; }
  /// Traces that the machine took too long for, so that messages became late which should not.
  [[nodiscard]] std::size_t too_slow() const { return too_slow_; }

 private:
  [[nodiscard]] Real& real();
  /// Steps from `at` on that are one in time: a message, and what happens before its commit.
  std::size_t step(const Trace& trace, std::size_t at, Device& device);
  void simple_step(const Step& step, Device& device);
  [[nodiscard]] bool differs(const Trace& trace);

  std::unique_ptr<Real> real_;
  std::size_t traces_ = 0;
  std::size_t steps_ = 0;
  std::size_t too_slow_ = 0;
  std::string refused_;  ///< an act of which the two say different things
};

}  // namespace latchkey::model
