#include "bench/echo.hpp"

#include "protocol/topics.hpp"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::bench {
namespace {

using protocol::Channel;

/// A queue from Paho's thread to the answering thread, as in the service.
class Waiting {
 public:
  void push(mqtt::Message message) {
    {
      const std::scoped_lock lock(mutex_);
      messages_.push_back(std::move(message));
    }
    changed_.notify_one();
  }
  /// Waits for messages; empty when the queue is closed.
  [[nodiscard]] std::vector<mqtt::Message> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !messages_.empty(); });
    return std::exchange(messages_, {});
  }
  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<mqtt::Message> messages_;
  bool closed_ = false;
};

mqtt::Message answer_to(const protocol::Topics& topics, const protocol::Address& address,
                        const mqtt::Delivery& request) {
  mqtt::Message answer;
  answer.topic =
      topics.of(address.channel == Channel::request ? Channel::response : Channel::config, address.device_id);
  answer.payload = request.payload;  // copied, as the service must do
  answer.correlation_data = request.correlation_data;
  answer.content_type = "application/jose";
  answer.tag = 1;
  return answer;
}

void answer_all(mqtt::Link& link, Waiting& waiting, std::size_t answer_bytes) {
  const std::string payload(answer_bytes, 'e');
  for (auto messages = waiting.take(); !messages.empty(); messages = waiting.take())
    for (mqtt::Message& message : messages) {
      message.payload = payload;
      while (!link.publish(message))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

std::expected<void, std::string> echo(mqtt::Options options, std::size_t answer_bytes) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const protocol::Topics topics;
  for (const Channel channel : {Channel::request, Channel::status})
    options.subscriptions.push_back("$share/echo/" + topics.filter(channel));
  Waiting waiting;
  mqtt::Handlers handlers;
  handlers.message = [&](const mqtt::Delivery& request) {
    if (const auto address = topics.parse(request.topic)) waiting.push(answer_to(topics, *address, request));
  };
  handlers.ready = [] { std::cout << "ready\n" << std::flush; };
  handlers.lost = [](std::string_view reason) { std::cerr << "lost: " << reason << '\n'; };
  handlers.delivered = [](std::uint64_t) {};
  auto link = mqtt::Link::open(std::move(options), std::move(handlers));
  if (!link) return std::unexpected(link.error());
  const std::jthread answering([&] { answer_all(**link, waiting, answer_bytes); });
  int signal = 0;
  sigwait(&signals, &signal);
  waiting.close();
  return {};
}

}  // namespace latchkey::bench
