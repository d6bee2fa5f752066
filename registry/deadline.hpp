#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::registry {

/// Ends a call that the server never answers. A stopped server process still acknowledges TCP by its kernel,
/// so neither its own timeouts nor TCP's fire. Shutting the socket down from another thread makes the call,
/// and all later ones on that connection, fail.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline() : thread_([this] { run(); }) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// A call that runs `after` from now fails then, and so does every later one. Thread-safe.
  void expire(std::chrono::milliseconds after = {}) noexcept;
  [[nodiscard]] bool has_expired() noexcept;

  /// Shuts the socket down at the limit, unless destroyed before.
  class Watch {
   public:
    Watch(Deadline& deadline, int socket, std::chrono::milliseconds limit);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// True if the limit has passed and the socket is shut down.
    [[nodiscard]] bool passed() const noexcept;

   private:
    Deadline& deadline_;
  };

 private:
  void watch(int socket, Clock::time_point until);
  void shut_down() noexcept;
  void run();

  static constexpr int none = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  int socket_ = none;
  Clock::time_point until_;                             ///< the deadline of the running call
  Clock::time_point last_ = Clock::time_point::max();   ///< the deadline of all calls
  Clock::time_point alarm_ = Clock::time_point::max();  ///< when the thread wakes up by itself
  bool passed_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::registry
