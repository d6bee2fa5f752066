#include "service/operations/notification_listener.hpp"

#include <algorithm>
#include <exception>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds poll_interval{5};
constexpr std::chrono::seconds longest_without_look{15};
constexpr std::chrono::milliseconds longest_rest{100};

}  // namespace

NotificationListener::NotificationListener(std::vector<ChangeHandler> handlers,
                                           const registry::ConnectOptions& database, Metrics& metrics,
                                           Log& log)
    : handlers_(std::move(handlers)),
      due_(handlers_.size()),
      listener_(database.clone()),
      registry_(database.clone()),
      metrics_(metrics),
      log_(log),
      thread_([this] { run(); }) {}

NotificationListener::~NotificationListener() {
  end();
  thread_.join();
}

void NotificationListener::end() noexcept {
  ending_ = true;
  listener_.interrupt();
  registry_.abandon();
}

void NotificationListener::run() {
  while (!ending_) {
    try {
      listen();
    } catch (const std::exception& error) {
      poll_failed(error.what());
      log_.error("an operator's change has to wait", {{"reason", std::string_view(error.what())}});
    }
  }
}

void NotificationListener::listen() {
  using std::chrono::milliseconds;
  Clock::time_point next = next_poll_;
  for (const auto& due : due_)
    next = std::min(next, due.value_or(next));
  const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
  const auto heard = listener_.wait(std::clamp(left, milliseconds(0), milliseconds(poll_interval)));
  if (ending_) return;
  if (!heard)
    log_.warning("no notifications from the registry: operators' changes are polled every 5 s",
                 {{"reason", heard.error().what}});
  const bool poll = (heard && heard->connected) || Clock::now() >= next_poll_;
  if (poll) next_poll_ = Clock::now() + poll_interval;
  bool reached = true;
  for (std::size_t i = 0; i < handlers_.size() && !ending_; ++i) {
    const bool announced =
        heard && std::ranges::find(heard->topics, handlers_[i].topic) != heard->topics.end();
    const bool goes_on = due_[i] && Clock::now() >= *due_[i];
    if (poll || announced || goes_on) reached = step(i) && reached;
  }
  if (poll && reached) poll_succeeded();
}

bool NotificationListener::step(std::size_t handler) {
  const auto began = Clock::now();
  const auto done = handlers_[handler].step(registry_);
  const auto ended = Clock::now();
  due_[handler].reset();
  if (done.value_or(false))
    due_[handler] =
        ended + std::min<Clock::duration>(handlers_[handler].rest * (ended - began), longest_rest);
  if (done) return true;
  const auto& error = done.error();
  if (ending_) return false;
  log_.warning("an operator's change has to wait",
               {{"topic", handlers_[handler].topic}, {"reason", error.what}});
  // An error about one row must not delay the other handlers.
  using registry::Failure;
  if (error.failure == Failure::contention || error.failure == Failure::poison ||
      error.failure == Failure::locked)
    return true;
  poll_failed(handlers_[handler].topic + ": " + error.what);
  return false;
}

void NotificationListener::poll_succeeded() {
  metrics_.polled(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  const std::lock_guard lock(mutex_);
  polled_at_ = Clock::now();
  poll_error_.clear();
}

void NotificationListener::poll_failed(std::string reason) {
  const std::lock_guard lock(mutex_);
  poll_error_ = std::move(reason);
}

std::optional<std::string> NotificationListener::complaint(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now - polled_at_ <= longest_without_look) return std::nullopt;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - polled_at_).count();
  return "no look at the registry for " + std::to_string(seconds) + " s" +
         (poll_error_.empty() ? "" : ", " + poll_error_);
}

}  // namespace latchkey::service
