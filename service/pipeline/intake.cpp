#include "service/pipeline/intake.hpp"

#include <functional>

namespace latchkey::service {
namespace {

// Twice what any message may have: enough to be told which limit it broke, too little to fill the inbox.
constexpr std::size_t most_bytes = 32UL * 1024;
// It goes back with the answer, and is kept of what is shed: unbounded, it would make small requests large
// answers, and fill memory beside the inbox.
constexpr std::size_t most_correlation_data = 1024;

}  // namespace

void Intake::accept(const mqtt::Delivery& delivery) {
  if (delivery.retained) return drop(Dropped::retained, "dropped: a retained message");
  if (delivery.payload.size() > most_bytes)
    return drop(Dropped::too_large, "dropped: a message above 32 KiB");
  if (delivery.correlation_data.size() > most_correlation_data)
    return drop(Dropped::too_large, "dropped: correlation data above 1 KiB");
  auto address = topics_.parse(delivery.topic);
  if (!address) return drop(Dropped::bad_topic, "dropped: a topic without a valid device id");
  if (address->channel != protocol::Channel::request && address->channel != protocol::Channel::status) return;
  Inbox& inbox = *inboxes_[std::hash<std::string>{}(address->device_id.text()) % inboxes_.size()];
  Inbound inbound{address->channel, std::move(address->device_id), std::string(delivery.payload),
                  std::string(delivery.correlation_data), Steady::now()};
  inbound.not_before = echo_.heard();
  switch (inbox.push(std::move(inbound))) {
    case Admission::taken:
      return;
    case Admission::shed:
      metrics_.shed();
      return log_.warning("shed: the inbox is full, or one device fills it");
    case Admission::dropped:
      return drop(Dropped::inbox_full, "dropped: the inbox is full, or one device fills it");
  }
}

// The texts are constant and few, so the log sums repeats up instead of growing with the attacker's zeal.
void Intake::drop(Dropped why, std::string_view said) {
  metrics_.dropped(why);
  log_.warning(said);
}

}  // namespace latchkey::service
