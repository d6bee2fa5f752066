#pragma once

#include "service/observability/log.hpp"
#include "service/observability/timestamp.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

// Private to the log: which lines were written a moment ago.
namespace latchkey::service {

/// A line that was not written every time.
struct Repeated {
  Log::Level level;
  std::string message;
  std::string fields;  ///< rendered
  std::int64_t suppressed;
};

/// A bounded table: beyond `capacity` the oldest is forgotten. Not for several threads at once.
class Repeats {
 public:
  /// True if this line may be written now; else it was counted. `fields`: what makes two lines of a message
  /// the same, rendered; `allowed`: how many of them may be written within 10 s.
  [[nodiscard]] bool admit(Log::Level level, std::string_view message, std::string_view fields, int allowed,
                           Milliseconds now);
  /// Forgets what is older than 10 s, or does not fit any more, and returns what was not written of it.
  [[nodiscard]] std::vector<Repeated> take_expired(Milliseconds now);
  [[nodiscard]] std::vector<Repeated> take_all();

  static constexpr std::size_t capacity = 4096;

 private:
  struct Seen {
    Log::Level level;
    std::size_t message_length;  ///< the rest of the key is the fields
    Milliseconds first;
    int written = 0;
    std::int64_t suppressed = 0;
  };
  using Table = std::unordered_map<std::string, Seen>;
  void take_oldest(std::vector<Repeated>& into);

  Table seen_;
  std::deque<const Table::value_type*> order_;  // the oldest first
};

}  // namespace latchkey::service
