#include "device/operation.hpp"
#include "device/reading.hpp"

#include <algorithm>
#include <utility>

// What a ready device does with its rights. It begins after a configuration message, which the service sends
// when the broker knows the rights (docs/protocol.md, 6).
namespace latchkey::device {

void Operation::use_rights() {
  std::vector<std::string> fresh;
  for (const auto& filter : connection_.subscribe)
    if (std::ranges::find(subscribed_, filter) == subscribed_.end()) fresh.push_back(filter);
  std::ranges::copy(fresh, std::back_inserter(subscribed_));
  if (!fresh.empty()) link_->subscribe(std::move(fresh));
  const auto interval = connection_.publish.empty() ? std::nullopt : reading_interval(config().config);
  if (interval == reading_interval_) return;
  reading_interval_ = interval;
  next_reading_ = interval ? std::optional(Clock::now()) : std::nullopt;
}

void Operation::publish_reading() {
  next_reading_.reset();
  const auto topic = reading_topic(connection_.publish);
  if (!topic || !reading_interval_) return;
  next_reading_ = Clock::now() + *reading_interval_;
  if (!link_->publish({.topic = *topic,
                       .payload = encode_reading(++readings_),
                       .content_type = "application/json",
                       .correlation_data = {}}))
    return context_.reporter.remark("a reading is lost: too many messages wait for the broker");
  context_.reporter.step({"reading", {{"topic", *topic}}});
}

void Operation::on_received(const Event& event) {
  context_.reporter.step({"received", {{"topic", event.topic}, {"payload", event.payload}}});
}

}  // namespace latchkey::device
