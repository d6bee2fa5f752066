#include "service/pipeline/broker_echo.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

constexpr std::chrono::milliseconds interval{100};
constexpr int most_waited = 300;  // half a minute: a dead connection has ended by then
// A tag is the time of the publication plus this bit, which no other tag has.
constexpr std::uint64_t mark = std::uint64_t{1} << 63U;

}  // namespace

void BrokerEcho::start(mqtt::Link& link) {
  thread_ = std::thread([this, &link] { run(link); });
}

void BrokerEcho::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BrokerEcho::began() {
  began_ = Steady::now().time_since_epoch().count();
  heard_ = unknown;
}

bool BrokerEcho::delivered(std::uint64_t tag) {
  if ((tag & mark) == 0) return false;
  // A tag of an earlier connection only shows that this connection began.
  heard_ = std::max(static_cast<Steady::rep>(tag & ~mark), began_.load());
  return true;
}

void BrokerEcho::run(mqtt::Link& link) {
  Steady::rep sent = 0;
  int waited = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, interval, [this] { return stop_; })) {
    if (!link.ready()) continue;
    if (heard_ < sent) {
      // One message at a time. A broker that refuses the topic does not show the age of messages. Counts
      // loops, not time, so that time in which this process was stopped does not count.
      if (++waited == most_waited) heard_ = unknown;
      continue;
    }
    waited = 0;
    const Steady::rep now = Steady::now().time_since_epoch().count();
    mqtt::Message message;
    message.topic = topic_;
    message.tag = mark | static_cast<std::uint64_t>(now);
    if (link.publish(std::move(message))) sent = now;
  }
}

}  // namespace latchkey::service
