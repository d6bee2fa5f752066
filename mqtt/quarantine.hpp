#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace latchkey::mqtt {

/// What the broker refused is not sent again for a while: whoever wants it asks again and again, and each
/// time may cost everybody the connection (Mosquitto 2.0.11 ends it even after a PUBACK that says why). The
/// while doubles, from 10 s to a minute, until the broker takes such a message. Whoever uses it holds a
/// lock.
///
/// A message may be too large or its topic not allowed, and a broker that just closes does not tell which. So
/// its topic is avoided, for what is not smaller; and where nothing so large ever was taken, so is its size.
class Quarantine {
 public:
  using Clock = std::chrono::steady_clock;

  /// With a reason: no other topic is concerned.
  void refused(std::string_view topic, std::size_t bytes, Clock::time_point now);
  void ended_connection(std::string_view topic, std::size_t bytes, Clock::time_point now);
  void taken(const std::string& topic, std::size_t bytes);
  [[nodiscard]] bool holds(const std::string& topic, std::size_t bytes, Clock::time_point now) const;

  static constexpr std::size_t capacity = 1000;  ///< topics; beyond that the one that is soonest free goes
  /// A broker with a smaller limit would take next to nothing: so small a message failed by its topic.
  static constexpr std::size_t smallest_limit = 1024;

 private:
  struct Hold {
    std::size_t bytes = 0;  ///< and above
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
