#include "service/operations/summarizer.hpp"

#include "registry/housekeeping.hpp"

#include <exception>

namespace latchkey::service {
namespace {

constexpr std::chrono::hours interval{1};
constexpr std::chrono::minutes retry_interval{1};
constexpr std::chrono::minutes patience{10};

}  // namespace

Summarizer::Summarizer(registry::ConnectOptions database, Log& log)
    : database_(std::move(database)), log_(log), thread_([this] { run(); }) {}

Summarizer::~Summarizer() {
  end();
  thread_.join();
}

void Summarizer::end() noexcept {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (registry_) registry_->abandon();
  }
  changed_.notify_all();
}

void Summarizer::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const bool done = count(lock);
    changed_.wait_for(lock, done ? std::chrono::minutes(interval) : retry_interval,
                      [this] { return ending_; });
  }
}

bool Summarizer::count(std::unique_lock<std::mutex>& lock) {
  bool done = false;
  try {
    registry_.emplace(database_.clone(), patience);
    lock.unlock();
    const auto counted = registry::summarize(*registry_);
    done = counted.has_value();
    // Debug only: others report an unreachable database or an old schema.
    if (!done) log_.debug("the fleet is not counted", {{"reason", counted.error().what}});
  } catch (const std::exception& error) {
    log_.warning("the fleet is not counted", {{"reason", std::string_view(error.what())}});
  }
  if (!lock.owns_lock()) lock.lock();
  registry_.reset();
  return done;
}

}  // namespace latchkey::service
