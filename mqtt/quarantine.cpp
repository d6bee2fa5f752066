#include "mqtt/quarantine.hpp"

#include <algorithm>

namespace latchkey::mqtt {
namespace {

constexpr std::chrono::seconds first_pause{10};
constexpr std::chrono::minutes last_pause{1};

}  // namespace

void Quarantine::Hold::again(std::size_t size, Clock::time_point now) {
  bytes = bytes == 0 ? size : std::min(bytes, size);
  pause = std::clamp<Clock::duration>(2 * pause, first_pause, last_pause);
  until = now + pause;
}

void Quarantine::refused(std::string_view topic, std::size_t bytes, Clock::time_point now) {
  if (topics_.size() >= capacity) make_room();
  topics_[std::string(topic)].again(bytes, now);
}

void Quarantine::ended_connection(std::string_view topic, std::size_t bytes, Clock::time_point now) {
  refused(topic, bytes, now);
  if (bytes > largest_taken_ && bytes >= smallest_limit) any_topic_.again(bytes, now);
}

void Quarantine::taken(const std::string& topic, std::size_t bytes) {
  largest_taken_ = std::max(largest_taken_, bytes);
  if (bytes >= any_topic_.bytes) any_topic_ = {};
  if (topics_.empty()) return;
  const auto found = topics_.find(topic);
  if (found != topics_.end() && bytes >= found->second.bytes) topics_.erase(found);
}

bool Quarantine::holds(const std::string& topic, std::size_t bytes, Clock::time_point now) const {
  if (any_topic_.holds(bytes, now)) return true;
  if (topics_.empty()) return false;
  const auto found = topics_.find(topic);
  return found != topics_.end() && found->second.holds(bytes, now);
}

void Quarantine::make_room() {
  topics_.erase(std::ranges::min_element(topics_, {}, [](const auto& entry) { return entry.second.until; }));
}

}  // namespace latchkey::mqtt
