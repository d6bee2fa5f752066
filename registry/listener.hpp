#pragma once

#include "registry/registry.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::registry {

/// Hears what the operators' functions announce (NOTIFY latchkey, with a topic) once their transaction has
/// committed. A connection of its own, made anew after a failure. For one thread, but for `interrupt`.
class Listener {
 public:
  struct Heard {
    bool connected = false;           ///< the connection is new: what was announced before was missed
    std::vector<std::string> topics;  ///< each once
  };

  explicit Listener(ConnectOptions options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Waits until something is announced or the connection is made anew, and at most for `limit`; may return
  /// earlier with nothing. After a failure it returns no sooner than half a second later.
  [[nodiscard]] Result<Heard> wait(std::chrono::milliseconds limit);
  /// From any thread: from now on `wait` returns at once, unless it connects.
  void interrupt() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
