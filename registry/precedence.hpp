#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace latchkey::registry {

/// Whose connections come first where the database has too few for all: some come first, and as long as one
/// of these has none, the others make no connection and give back what they have. May be used from several
/// threads.
class Precedence {
 public:
  /// One of those that come first has no connection; it gets none, or did not try yet.
  void lack();
  /// It has one now, or needs none any longer.
  void have();
  [[nodiscard]] bool others_may();
  /// Waits until the others may, at most this long; false if they still may not.
  [[nodiscard]] bool await(std::chrono::milliseconds limit);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int lacking_ = 0;
};

}  // namespace latchkey::registry
