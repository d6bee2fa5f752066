#include "service/pipeline/publisher.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::service {

using protocol::Channel;

Publisher::Publisher(mqtt::Link& link, const protocol::Topics& topics, SentLog& sent,
                     PublishAfterOpening gate, Metrics& metrics, Log& log)
    : link_(link),
      topics_(topics),
      sent_(sent),
      after_opening_(std::move(gate)),
      metrics_(metrics),
      log_(log) {}

bool Publisher::answer(const Inbound& request, protocol::Answer answer, const protocol::Signer* signer,
                       std::optional<registry::Sent> sent, std::optional<registry::BrokerOpening> opening) {
  metrics_.answered(answer.status, answer.code, Steady::now() - request.received);
  mqtt::Message message;
  message.topic = topics_.of(Channel::response, request.device_id);
  message.correlation_data = request.correlation_data;
  message.content_type = signer != nullptr ? "application/jose" : "application/json";
  message.payload = signer != nullptr
                        ? protocol::encode_signed_answer(std::move(answer), *signer,
                                                         most_bytes(message.correlation_data.size()))
                        : protocol::encode_answer(answer);
  if (is_too_large(message.payload, request.device_id, protocol::limits::answer_bytes)) return false;
  if (sent) message.tag = sent_.expect(std::move(*sent));
  if (opening && after_opening_) {
    std::vector<mqtt::Message> messages;
    messages.push_back(std::move(message));
    return after_opening_(*std::move(opening), std::move(messages));
  }
  return publish(std::move(message));
}

void Publisher::notify(const protocol::DeviceId& id, const protocol::Answer& answer,
                       const protocol::Signer& signer) {
  // If dropped, the device repeats its request by itself a little later.
  if (auto message = message_of(Channel::response, id, protocol::encode_signed_answer(answer, signer),
                                protocol::limits::answer_bytes))
    static_cast<void>(publish(*std::move(message)));
}

void Publisher::configure(const protocol::DeviceId& id, protocol::Configuration configuration,
                          const protocol::Signer& signer, std::size_t device_takes, bool rights_told) {
  // If dropped, the device repeats its status, and an unacknowledged change is sent again.
  const std::size_t most = std::min(most_bytes(0), device_takes);
  std::vector<mqtt::Message> messages;
  for (auto& part : protocol::encode_in_parts(std::move(configuration), signer, most))
    if (auto message = message_of(Channel::config, id, std::move(part), device_takes))
      messages.push_back(*std::move(message));
  if (!rights_told && after_opening_) {
    static_cast<void>(after_opening_({id, std::nullopt, true}, std::move(messages)));
    return;
  }
  for (auto& message : messages)
    static_cast<void>(publish(std::move(message)));
}

std::size_t Publisher::most_bytes(std::size_t correlation_data) const {
  constexpr std::size_t topic_and_headers = 512;
  const std::size_t limit = link_.packet_limit();
  const std::size_t beside = topic_and_headers + correlation_data;
  return std::min(protocol::limits::answer_bytes, limit - std::min(limit, beside));
}

// Settings that are valid each may make it so, in the time before the configurer finds that out.
bool Publisher::is_too_large(std::string_view payload, const protocol::DeviceId& id,
                             std::size_t device_takes) const {
  if (payload.size() <= device_takes) return false;
  metrics_.dropped(Dropped::too_large);
  log_.error(
      "a message was not sent because it is larger than a device accepts: use fewer or smaller certificates",
      {{"device_id", id.text()}, {"limit", static_cast<std::int64_t>(device_takes)}});
  sent_.given_up(0, {id.text(), std::to_string(payload.size()) + " bytes, more than a device accepts"});
  return true;
}

std::optional<mqtt::Message> Publisher::message_of(Channel channel, const protocol::DeviceId& id,
                                                   std::string payload, std::size_t device_takes) const {
  if (is_too_large(payload, id, device_takes)) return std::nullopt;
  mqtt::Message message;
  message.topic = topics_.of(channel, id);
  message.content_type = "application/jose";
  message.payload = std::move(payload);
  return message;
}

bool Publisher::publish(mqtt::Message message) {
  // Dropping loses nothing: the device repeats its request, and the registry has the answer. No device id, so
  // that the log sums up repeats.
  if (link_.publish(std::move(message))) return true;
  metrics_.dropped(Dropped::outbox_full);
  log_.warning("an answer was dropped: the outbox is full");
  return false;
}

}  // namespace latchkey::service
