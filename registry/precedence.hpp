#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace latchkey::registry {

/// Gives connections priority where the database has too few: as long as a connection with priority is
/// missing, connections without priority are closed and not opened. Thread-safe.
class Precedence {
 public:
  /// A connection with priority is missing.
  void add_missing();
  /// It is open now, or no longer needed.
  void remove_missing();
  [[nodiscard]] bool others_may();
  /// Waits until connections without priority may open, at most `limit`; false if they still may not.
  [[nodiscard]] bool await(std::chrono::milliseconds limit);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int lacking_ = 0;
};

}  // namespace latchkey::registry
