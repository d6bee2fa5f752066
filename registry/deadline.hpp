#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::registry {

/// Ends a call that the server neither answers nor drops. A server that is stopped goes on acknowledging by
/// its kernel, so neither its own time-outs nor TCP's ever fire; shutting the socket down from here makes the
/// call fail, and whatever is still said on that connection.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline() : thread_([this] { run(); }) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// From any thread: the call that runs `after` from now fails then, and so does every later one.
  void give_up(std::chrono::milliseconds after = {}) noexcept;
  [[nodiscard]] bool given_up() noexcept;

  /// As long as this lives, the socket has until the limit.
  class Watch {
   public:
    Watch(Deadline& deadline, int socket, std::chrono::milliseconds limit);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// The limit has passed, and the socket is shut down.
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
  Clock::time_point until_;                             ///< of the call that runs
  Clock::time_point last_ = Clock::time_point::max();   ///< of all calls
  Clock::time_point alarm_ = Clock::time_point::max();  ///< when the thread looks again by itself
  bool passed_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::registry
