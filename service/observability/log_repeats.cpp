#include "service/observability/log_repeats.hpp"

#include <utility>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds window{10};

}  // namespace

bool Repeats::admit(Log::Level level, std::string_view message, std::string_view fields, int allowed,
                    Milliseconds now) {
  std::string key;
  key.reserve(message.size() + fields.size());
  key.append(message).append(fields);
  const auto [found, is_new] = seen_.try_emplace(std::move(key), Seen{level, message.size(), now});
  if (is_new) order_.push_back(&*found);
  Seen& line = found->second;
  const bool admitted = line.written < allowed;
  if (admitted)
    ++line.written;
  else
    ++line.suppressed;
  return admitted;
}

void Repeats::take_oldest(std::vector<Repeated>& into) {
  auto oldest = seen_.extract(order_.front()->first);
  order_.pop_front();
  const Seen& line = oldest.mapped();
  if (line.suppressed == 0) return;
  const std::string& key = oldest.key();
  into.push_back(
      {line.level, key.substr(0, line.message_length), key.substr(line.message_length), line.suppressed});
}

std::vector<Repeated> Repeats::take_expired(Milliseconds now) {
  // A clock that is set back must not keep an entry for ever.
  const auto is_recent = [now](const Seen& line) { return line.first <= now && now - line.first < window; };
  std::vector<Repeated> expired;
  while (!order_.empty() && (order_.size() >= capacity || !is_recent(order_.front()->second)))
    take_oldest(expired);
  return expired;
}

std::vector<Repeated> Repeats::take_all() {
  std::vector<Repeated> all;
  while (!order_.empty())
    take_oldest(all);
  return all;
}

}  // namespace latchkey::service
