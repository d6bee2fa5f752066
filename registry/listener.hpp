#pragma once

#include "registry/registry.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::registry {

/// Receives the notifications of operators' functions (NOTIFY latchkey, with a topic), which PostgreSQL
/// delivers after their commit. It has a connection of its own and reconnects after a failure. For one
/// thread, except `interrupt`.
class Listener {
 public:
  struct Heard {
    bool connected = false;           ///< the connection is new: earlier notifications are lost
    std::vector<std::string> topics;  ///< each once
  };

  explicit Listener(ConnectOptions options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Waits for a notification or a new connection, for at most `limit`; may return earlier with nothing.
  /// After a failure it takes at least half a second.
  [[nodiscard]] Result<Heard> wait(std::chrono::milliseconds limit);
  /// Makes `wait` return at once from now on, unless it is connecting. Thread-safe.
  void interrupt() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
