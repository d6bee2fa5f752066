#include "service/observer.hpp"

#include <algorithm>
#include <exception>

namespace latchkey::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds look_interval{3};
constexpr std::chrono::seconds count_interval{15};
// Counting ten million devices takes seconds: never more than a twentieth of the time.
constexpr int count_share = 20;

}  // namespace

Observer::Observer(registry::ConnectOptions database, Metrics& metrics)
    : registry_(std::move(database)), metrics_(metrics), thread_([this] { run(); }) {}

Observer::~Observer() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<std::string> Observer::complaint() {
  const std::scoped_lock lock(mutex_);
  return complaint_;
}

void Observer::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    try {
      look();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): out of memory; the next look tells
    }
    lock.lock();
    changed_.wait_for(lock, look_interval, [this] { return ending_; });
  }
}

void Observer::look() {
  const auto checked = registry_.check();
  {
    const std::scoped_lock lock(mutex_);
    complaint_ = checked ? std::nullopt : std::optional(checked.error().what);
  }
  metrics_.set_database_up(checked.has_value());
  if (checked && Clock::now() >= next_count_) count();
}

void Observer::count() {
  const auto from = Clock::now();
  const auto counts = registry_.count_devices();
  const auto pause = std::max<Clock::duration>(count_interval, count_share * (Clock::now() - from));
  next_count_ = Clock::now() + pause;
  if (!counts) return;
  metrics_.clear_devices();
  for (const auto& [state, devices] : *counts)
    metrics_.set_devices(state, devices);
}

}  // namespace latchkey::service
