#include "service/pipeline/intake.hpp"

#include <functional>

namespace latchkey::service {
namespace {

// Twice the size of any valid message: a message up to this size gets an answer that names the limit; a
// larger one is dropped, so that it cannot fill the inbox.
constexpr std::size_t most_bytes = 32UL * 1024;
// The answer repeats the correlation data, and shed requests keep theirs in memory. Without a limit a small
// request could cause a large answer and fill memory beside the inbox.
constexpr std::size_t most_correlation_data = 1024;

// How much of a topic is logged: more than the longest topic of the protocol.
constexpr std::size_t most_of_a_topic = 160;

/// `latchkey doctor` tests the rights of the service's account by empty messages under an id that no device
/// has.
bool is_of_the_doctor(const mqtt::Delivery& delivery) {
  return delivery.payload.empty() && delivery.topic.contains("/@");
}

}  // namespace

void Intake::accept(const mqtt::Delivery& delivery) {
  if (delivery.retained) return drop(Dropped::retained, "dropped: a retained message", delivery.topic);
  if (delivery.payload.size() > most_bytes)
    return drop(Dropped::too_large, "dropped: a message above 32 KiB", delivery.topic);
  if (delivery.correlation_data.size() > most_correlation_data)
    return drop(Dropped::too_large, "dropped: correlation data above 1 KiB", delivery.topic);
  auto address = topics_.parse(delivery.topic);
  if (!address && is_of_the_doctor(delivery)) return;
  if (!address) return drop(Dropped::bad_topic, "dropped: a topic without a valid device id", delivery.topic);
  if (address->channel != protocol::Channel::request && address->channel != protocol::Channel::status) return;
  Inbox& inbox = inbox_of(address->device_id);
  Inbound inbound{address->channel, std::move(address->device_id), std::string(delivery.payload),
                  std::string(delivery.correlation_data), Steady::now()};
  inbound.not_before = echo_.heard();
  switch (inbox.push(std::move(inbound))) {
    case Admission::taken:
      return;
    case Admission::shed:
      metrics_.shed();
      return log_.warning("answered retry: the inbox is full, or one device fills its share");
    case Admission::dropped:
      return drop(Dropped::inbox_full, "dropped: the inbox is full, or one device fills its share",
                  delivery.topic);
  }
}

Inbox& Intake::inbox_of(const protocol::DeviceId& id) const {
  return *inboxes_[std::hash<std::string>{}(id.text()) % inboxes_.size()];
}

void Intake::refuse(const protocol::DeviceId& id) {
  Inbound inbound{protocol::Channel::request, id, {}, {}, Steady::now()};
  inbound.is_unfit = true;
  if (inbox_of(id).push(std::move(inbound)) != Admission::taken) metrics_.dropped(Dropped::inbox_full);
}

// Logged without a device id, so that the log sums repeats up by their text, however many topics an attacker
// uses. The log escapes unprintable bytes.
void Intake::drop(Dropped why, std::string_view said, std::string_view topic) {
  metrics_.dropped(why);
  log_.warning(said, {{"device_id", ""}, {"topic", topic.substr(0, most_of_a_topic)}});
}

}  // namespace latchkey::service
