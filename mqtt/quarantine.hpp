#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace latchkey::mqtt {

/// Holds back messages like those that the broker refused: a device repeats its request, and each answer
/// could end the connection for all (Mosquitto 2.0.11 does so even after a PUBACK with a reason). The pause
/// doubles from 10 s to a minute until the broker accepts such a message. Not thread-safe: the caller holds a
/// lock.
///
/// A broker that just closes the connection does not say whether the size or the topic was wrong. So messages
/// of the same topic and at least the same size are held back, and messages of any topic of that size if none
/// so large was ever accepted.
class Quarantine {
 public:
  using Clock = std::chrono::steady_clock;

  /// The broker refused it with a reason: only this topic is held back.
  void refused(std::string_view topic, std::size_t bytes, Clock::time_point now);
  void ended_connection(std::string_view topic, std::size_t bytes, Clock::time_point now);
  void taken(const std::string& topic, std::size_t bytes);
  [[nodiscard]] bool holds(const std::string& topic, std::size_t bytes, Clock::time_point now) const;

  /// In topics. Beyond it the topic whose pause ends first is dropped.
  static constexpr std::size_t capacity = 1000;
  /// A message below this size was refused for its topic: no broker has a smaller limit.
  static constexpr std::size_t smallest_limit = 1024;

 private:
  struct Hold {
    std::size_t bytes = 0;  ///< holds messages of this size and above
    Clock::duration pause{};
    Clock::time_point until;

    [[nodiscard]] bool holds(std::size_t size, Clock::time_point now) const {
      return bytes != 0 && size >= bytes && now < until;
    }
    void again(std::size_t size, Clock::time_point now);
  };
  void make_room();

  std::unordered_map<std::string, Hold> topics_;
  Hold any_topic_;
  std::size_t largest_taken_ = 0;
};

}  // namespace latchkey::mqtt
