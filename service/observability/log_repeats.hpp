#pragma once

#include "service/observability/log.hpp"
#include "service/observability/timestamp.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

// Private to the log: suppresses repeated lines.
namespace latchkey::service {

/// A line, and how often it was suppressed.
struct Repeated {
  Log::Level level;
  std::string message;
  std::string fields;  ///< rendered
  std::int64_t suppressed;
};

/// The recent lines, at most `capacity`; beyond it the oldest is dropped. Not thread-safe.
class Repeats {
 public:
  /// True if this line may be written; otherwise counts it as suppressed. Lines with the same `message` and
  /// `fields` (rendered) are the same; `allowed` of them may be written within 10 s.
  [[nodiscard]] bool admit(Log::Level level, std::string_view message, std::string_view fields, int allowed,
                           Milliseconds now);
  /// Removes entries older than 10 s or beyond `capacity`, and returns those with suppressed lines.
  [[nodiscard]] std::vector<Repeated> take_expired(Milliseconds now);
  [[nodiscard]] std::vector<Repeated> take_all();

  static constexpr std::size_t capacity = 4096;

 private:
  struct Seen {
    Log::Level level;
    std::size_t message_length;  ///< the rest of the key are the fields
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
