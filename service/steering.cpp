#include "service/steering.hpp"

#include <algorithm>
#include <exception>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds look_interval{5};

}  // namespace

Steering::Steering(std::vector<Act> acts, const registry::ConnectOptions& database, Log& log)
    : acts_(std::move(acts)),
      due_(acts_.size(), false),
      listener_(database.clone()),
      registry_(database.clone()),
      log_(log),
      thread_([this] { run(); }) {}

Steering::~Steering() {
  ending_ = true;
  listener_.interrupt();
  thread_.join();
}

void Steering::run() {
  while (!ending_) {
    try {
      listen();
    } catch (const std::exception& error) {
      log_.error("an operator's change has to wait", {{"reason", std::string_view(error.what())}});
    }
  }
}

void Steering::listen() {
  using std::chrono::milliseconds;
  const bool busy = std::ranges::find(due_, true) != due_.end();
  const auto left =
      busy ? milliseconds(0) : std::chrono::ceil<milliseconds>(next_look_ - std::chrono::steady_clock::now());
  const auto heard = listener_.wait(std::clamp(left, milliseconds(0), milliseconds(look_interval)));
  if (!heard) log_.warning("operators' changes are noticed every 5 s only", {{"reason", heard.error().what}});
  const bool look = (heard && heard->connected) || std::chrono::steady_clock::now() >= next_look_;
  if (look) next_look_ = std::chrono::steady_clock::now() + look_interval;
  for (std::size_t i = 0; i < acts_.size() && !ending_; ++i) {
    const bool announced = heard && std::ranges::find(heard->topics, acts_[i].topic) != heard->topics.end();
    if (look || announced || due_[i]) due_[i] = step(acts_[i]);
  }
}

bool Steering::step(const Act& act) {
  const auto done = act.step(registry_);
  if (!done)
    log_.warning("an operator's change has to wait", {{"topic", act.topic}, {"reason", done.error().what}});
  return done.value_or(false);
}

}  // namespace latchkey::service
