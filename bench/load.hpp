#pragma once

#include "bench/connection.hpp"
#include "bench/fleet.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace latchkey::bench {

using Steady = std::chrono::steady_clock;

struct LoadOptions {
  std::size_t connections = 8;  ///< the devices are distributed over them
  /// Open loop: devices started a second, even if earlier ones are not answered; 0: closed loop.
  double rate = 0;
  double spread_s = 0;                ///< open loop: all devices start at random times within so many seconds
  std::size_t window = 512;           ///< closed loop: how many devices run at once
  bool repeat = false;                ///< repeat as devices do (docs/protocol.md, 7)
  std::chrono::seconds patience{30};  ///< how long to wait for any answer before the rest counts as lost
};

/// The progress of one device.
struct DeviceRun {
  Steady::time_point due;   ///< when it should send; latency counts from here, even if it was sent later
  Steady::time_point done;  ///< when the last answer came
  std::vector<std::string> answers;  ///< one for each step that was answered
  unsigned sends = 0;
  unsigned told_later = 0;        ///< `retry` answers
  Steady::time_point not_before;  ///< a `retry` answer said so
  bool refused = false;
  [[nodiscard]] std::size_t step() const noexcept { return answers.size(); }
};

/// Sends the messages of a fleet and keeps all answers, on one thread.
class Load {
 public:
  /// Opens all connections and subscribes. Throws std::runtime_error.
  Load(const Fleet& fleet, const LoadOptions& options, const Broker& broker);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Returns when every device is done or lost.
  void run();

  [[nodiscard]] const std::vector<DeviceRun>& runs() const noexcept { return runs_; }
  [[nodiscard]] Steady::time_point began() const noexcept { return began_; }
  [[nodiscard]] std::uint64_t surplus() const noexcept { return surplus_; }

 private:
  struct Repeat {
    Steady::time_point at;
    std::size_t device;
    unsigned sends;  ///< the repeat is cancelled if more messages were sent or answered since
    std::size_t step;
    bool operator>(const Repeat& other) const noexcept { return at > other.at; }
  };

  void connect_all(const Broker& broker);
  void subscribe_all();
  void await_acknowledgements();
  void start_due(Steady::time_point now);
  void repeat_due(Steady::time_point now);
  void send(std::size_t device, Steady::time_point now);
  void repeat_later(std::size_t device, Steady::time_point now);
  /// Waits for network events until `until` and handles them.
  void turn(Steady::time_point until);
  void flush(Connection& connection);
  void handle(Connection& connection);
  void on_message(std::size_t device, std::string_view topic, std::string_view payload);
  void on_unsigned(std::size_t device, std::string_view payload, Steady::time_point now);
  [[nodiscard]] Steady::time_point next_event(Steady::time_point now) const;
  void make_offsets();
  void attack(std::size_t device);
  void mark_dirty(Connection& connection);
  [[nodiscard]] Connection& connection_of(std::size_t device) {
    return *connections_[device % connections_.size()];
  }

  const Fleet& fleet_;
  LoadOptions options_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_;
  std::size_t acknowledgements_missing_ = 0;

  std::vector<DeviceRun> runs_;
  std::vector<Steady::duration> offsets_;  ///< open loop: when each device is due, ascending
  std::priority_queue<Repeat, std::vector<Repeat>, std::greater<>> repeats_;
  std::minstd_rand noise_{1};
  Steady::time_point began_;
  Steady::time_point last_answer_;
  std::size_t started_ = 0;
  std::size_t finished_ = 0;
  std::uint64_t surplus_ = 0;  ///< answers beyond the first to a repeated request
};

}  // namespace latchkey::bench
