#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::registry {

/// Ends a call that the server neither answers nor drops. A server that is stopped goes on acknowledging by
/// its kernel, so neither its own time-outs nor TCP's ever fire; shutting the socket down from here makes the
/// call fail.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit) : limit_(limit), thread_([this] { run(); }) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// From any thread: the call that runs fails now, and so does every later one.
  void give_up() noexcept;

  /// As long as this lives, the socket has until the limit.
  class Watch {
   public:
    Watch(Deadline& deadline, int socket);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Deadline& deadline_;
  };

 private:
  void watch(int socket);
  void run();

  static constexpr int none = -1;
  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int socket_ = none;
  std::chrono::steady_clock::time_point until_;
  bool given_up_ = false;
  bool armed_ = false;  ///< the thread waits for a deadline, not for a call
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::registry
