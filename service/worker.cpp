#include "service/worker.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

namespace latchkey::service {

Worker::Worker(Inbox& inbox, std::size_t batch_max, const RequestTools& requests, const StatusTools& statuses,
               registry::ConnectOptions database)
    : inbox_(inbox),
      batch_max_(batch_max),
      metrics_(requests.metrics),
      log_(requests.log),
      registry_(std::move(database)),
      requests_(requests, registry_),
      statuses_(statuses, registry_),
      thread_([this] { run(); }) {}

void Worker::run() {
  while (true) {
    try {
      auto batch = inbox_.take(batch_max_);
      if (batch.empty()) return;
      const Pulse::Beat beat(pulse_);
      work(std::move(batch));
    } catch (const std::exception& error) {
      // Out of memory, or a bug: these messages go unanswered, their devices repeat them, everybody else is
      // served.
      log_.error("a batch failed", {{"reason", std::string_view(error.what())}});
    }
  }
}

void Worker::work(std::vector<Inbound> batch) {
  const auto now = Steady::now();
  for (const Inbound& message : batch)
    metrics_.took(Stage::wait, now - message.received);
  const auto statuses = std::stable_partition(batch.begin(), batch.end(), [](const Inbound& message) {
    return message.channel == protocol::Channel::request;
  });
  std::vector<Inbound> rest(std::make_move_iterator(statuses), std::make_move_iterator(batch.end()));
  batch.erase(statuses, batch.end());
  if (!batch.empty()) {
    metrics_.batch(protocol::Channel::request, batch.size());
    requests_.run(std::move(batch));
  }
  if (!rest.empty()) {
    metrics_.batch(protocol::Channel::status, rest.size());
    statuses_.run(std::move(rest));
  }
}

}  // namespace latchkey::service
