#include "device/mailbox.hpp"

#include "protocol/limits.hpp"

#include <utility>

namespace latchkey::device {
namespace {

// The bootstrap account is shared, so a flood must not exhaust the device's memory. The device repeats what
// was lost.
constexpr std::size_t most_events = 64;

}  // namespace

mqtt::Handlers Mailbox::handlers() {
  return {.message =
              [this](const mqtt::Delivery& delivery) {
                if (delivery.payload.size() > protocol::limits::answer_bytes) return;
                put({Event::Kind::message, std::string(delivery.topic), std::string(delivery.payload)});
              },
          .ready = [this] { put({Event::Kind::ready, {}, {}}); },
          .lost = [this](std::string_view reason) { put({Event::Kind::lost, {}, std::string(reason)}); },
          .delivered = {},
          .given_up =
              [this](const mqtt::GivenUp& message) {
                put({Event::Kind::refused, std::string(message.topic), std::string(message.why)});
              },
          .limited = {},
          .not_subscribed =
              [this](std::string_view filter, std::string_view why) {
                put({Event::Kind::refused, std::string(filter), std::string(why)});
              }};
}

std::optional<Event> Mailbox::wait_until(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait_until(lock, deadline, [this] { return stopped_ || !events_.empty(); }))
    return std::nullopt;
  if (stopped_) return Event{Event::Kind::stop, {}, {}};
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Mailbox::clear() {
  const std::lock_guard lock(mutex_);
  events_.clear();
}

void Mailbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  arrived_.notify_one();
}

bool Mailbox::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void Mailbox::put(Event event) {
  {
    const std::lock_guard lock(mutex_);
    if (event.kind == Event::Kind::message && events_.size() >= most_events) return;
    events_.push_back(std::move(event));
  }
  arrived_.notify_one();
}

}  // namespace latchkey::device
