#include "service/log_repeats.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds window{10};

}  // namespace

bool Repeats::admit(Log::Level level, std::string_view message, std::string_view fields, Milliseconds now) {
  const auto same = [&](const Repeated& entry) {
    return entry.level == level && entry.message == message && entry.fields == fields;
  };
  const auto found = std::ranges::find_if(recent_, same);
  if (found != recent_.end()) {
    ++found->suppressed;
    return false;
  }
  recent_.push_back({level, std::string(message), std::string(fields), now, 0});
  return true;
}

std::vector<Repeated> Repeats::take_expired(Milliseconds now) {
  // A clock that was set back must not keep an entry for ever.
  const auto is_recent = [now](const Repeated& entry) {
    return entry.first <= now && now - entry.first < window;
  };
  auto end = std::ranges::find_if(recent_, is_recent);
  if (const auto kept = recent_.end() - end; kept >= static_cast<std::ptrdiff_t>(capacity))
    end += kept - static_cast<std::ptrdiff_t>(capacity) + 1;
  std::vector<Repeated> expired(std::make_move_iterator(recent_.begin()), std::make_move_iterator(end));
  recent_.erase(recent_.begin(), end);
  return expired;
}

std::vector<Repeated> Repeats::take_all() {
  return std::exchange(recent_, {});
}

}  // namespace latchkey::service
