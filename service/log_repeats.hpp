#pragma once

#include "service/log.hpp"
#include "service/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Private to the log: which lines were written a moment ago.
namespace latchkey::service {

/// What is remembered of a warning: enough to write it again.
struct Repeated {
  Log::Level level;
  std::string message;
  std::string fields;  ///< rendered
  Milliseconds first;
  std::int64_t suppressed = 0;
};

/// A bounded table: beyond `capacity` the oldest is forgotten. Not for several threads at once.
class Repeats {
 public:
  /// True if this line may be written now; else it was counted.
  [[nodiscard]] bool admit(Log::Level level, std::string_view message, std::string_view fields,
                           Milliseconds now);
  /// Removes and returns what is older than 10 s, or does not fit any more.
  [[nodiscard]] std::vector<Repeated> take_expired(Milliseconds now);
  [[nodiscard]] std::vector<Repeated> take_all();

  static constexpr std::size_t capacity = 64;

 private:
  std::vector<Repeated> recent_;  // the oldest first
};

}  // namespace latchkey::service
