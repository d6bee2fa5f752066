#include "service/steering.hpp"

#include <algorithm>
#include <exception>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds look_interval{5};

registry::ConnectOptions copy_of(const registry::ConnectOptions& options) {
  return {options.url, options.password.clone()};
}

}  // namespace

Steering::Steering(std::vector<Act> acts, const registry::ConnectOptions& database, Log& log)
    : acts_(std::move(acts)),
      listener_(copy_of(database)),
      registry_(copy_of(database)),
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
  const auto left = std::chrono::ceil<milliseconds>(next_look_ - std::chrono::steady_clock::now());
  const auto heard = listener_.wait(std::clamp(left, milliseconds(0), milliseconds(look_interval)));
  if (!heard) log_.warning("operators' changes are noticed every 5 s only", {{"reason", heard.error().what}});
  const bool look = (heard && heard->connected) || std::chrono::steady_clock::now() >= next_look_;
  if (look) next_look_ = std::chrono::steady_clock::now() + look_interval;
  for (const Act& act : acts_)
    if (look || (heard && std::ranges::find(heard->topics, act.topic) != heard->topics.end())) perform(act);
}

void Steering::perform(const Act& act) {
  for (bool more = true; more && !ending_;) {
    const auto done = act.step(registry_);
    if (!done)
      log_.warning("an operator's change has to wait", {{"topic", act.topic}, {"reason", done.error().what}});
    more = done.value_or(false);
  }
}

}  // namespace latchkey::service
