#include "service/observability/timestamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace latchkey::service {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes what a date-time consists of off the front of a text. After the first misfit nothing fits any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    const auto text = rest_.substr(0, digits);
    if (text.size() < digits || !std::ranges::all_of(text, is_digit)) return misfit();
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    rest_.remove_prefix(digits);
    return value;
  }
  /// One of `characters`, which comes back.
  char one_of(std::string_view characters) {
    if (rest_.empty() || !characters.contains(rest_.front())) return static_cast<char>(misfit());
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  void skip_fraction() {
    if (!rest_.starts_with('.')) return;
    rest_.remove_prefix(1);
    number(1);
    while (!rest_.empty() && is_digit(rest_.front()))
      rest_.remove_prefix(1);
  }
  [[nodiscard]] bool fitted() const { return fits_ && rest_.empty(); }

 private:
  int misfit() {
    fits_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool fits_ = true;
};

std::chrono::year_month_day scan_date(Scanner& scanner) {
  const std::chrono::year year(scanner.number(4));
  scanner.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(scanner.number(2)));
  scanner.one_of("-");
  return year / month / std::chrono::day(static_cast<unsigned>(scanner.number(2)));
}

/// Nothing if one of the numbers is too large; the last second may be a leap second.
std::optional<std::chrono::seconds> scan_time(Scanner& scanner) {
  const int hour = scanner.number(2);
  scanner.one_of(":");
  const int minute = scanner.number(2);
  scanner.one_of(":");
  const int second = scanner.number(2);
  scanner.skip_fraction();
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::optional<std::chrono::seconds> scan_offset(Scanner& scanner) {
  const char sign = scanner.one_of("Zz+-");
  if (sign != '+' && sign != '-') return std::chrono::seconds(0);
  const int hour = scanner.number(2);
  scanner.one_of(":");
  const int minute = scanner.number(2);
  if (hour > 23 || minute > 59) return std::nullopt;
  const std::chrono::seconds offset = std::chrono::hours(hour) + std::chrono::minutes(minute);
  return sign == '+' ? offset : -offset;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const auto date = scan_date(scanner);
  scanner.one_of("Tt");
  const auto time = scan_time(scanner);
  const auto offset = scan_offset(scanner);
  if (!scanner.fitted() || !date.ok() || !time || !offset) return std::nullopt;
  return std::chrono::sys_days(date) + *time - *offset;
}

std::chrono::sys_seconds current_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string format_rfc3339(Milliseconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace latchkey::service
