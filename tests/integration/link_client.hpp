#pragma once

#include "mqtt/link.hpp"
#include "support/broker.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the tests of the link share.
namespace latchkey::test {

using namespace std::chrono_literals;
using mqtt::Delivery;
using mqtt::GivenUp;
using mqtt::Handlers;
using mqtt::Link;
using mqtt::Message;
using mqtt::Options;

struct Received {
  std::string topic;
  std::string payload;
  std::string correlation_data;
  bool retained = false;
};

/// A message that was given up.
struct Lost {
  std::string topic;
  std::size_t bytes = 0;
  std::uint64_t tag = 0;
  std::string why;
};

/// A link and everything its handlers were told.
class Client {
 public:
  explicit Client(Options options) {
    Handlers handlers;
    handlers.message = [this](const Delivery& delivery) {
      note([&] {
        received_.push_back({std::string(delivery.topic), std::string(delivery.payload),
                             std::string(delivery.correlation_data), delivery.retained});
      });
    };
    handlers.ready = [this] { note([&] { ++readies_; }); };
    handlers.lost = [this](std::string_view reason) { note([&] { losses_.emplace_back(reason); }); };
    handlers.delivered = [this](std::uint64_t tag) { note([&] { delivered_.push_back(tag); }); };
    handlers.given_up = [this](const GivenUp& given) {
      note([&] {
        given_up_.push_back({std::string(given.topic), given.bytes, given.tag, std::string(given.why)});
      });
    };
    auto link = Link::open(std::move(options), std::move(handlers));
    if (!link) throw std::runtime_error(link.error());
    link_ = std::move(*link);
  }

  Link& operator*() { return *link_; }
  Link* operator->() { return link_.get(); }
  void close() { link_.reset(); }

  [[nodiscard]] bool becomes_ready(int times = 1, std::chrono::milliseconds limit = 4500ms) {
    return eventually(limit, [&] { return readies_ >= times; });
  }
  [[nodiscard]] bool receives(std::size_t count) {
    return eventually(4500ms, [&] { return received_.size() >= count; });
  }
  [[nodiscard]] bool loses(int times = 1, std::chrono::milliseconds limit = 4500ms) {
    return eventually(limit, [&] { return losses_.size() >= static_cast<std::size_t>(times); });
  }
  [[nodiscard]] bool delivers(std::size_t count) {
    return eventually(4500ms, [&] { return delivered_.size() >= count; });
  }

  [[nodiscard]] bool gives_up(std::size_t count) {
    return eventually(9000ms, [&] { return given_up_.size() >= count; });
  }

  [[nodiscard]] std::vector<Received> received() { return copy(received_); }
  [[nodiscard]] std::vector<std::string> losses() { return copy(losses_); }
  [[nodiscard]] std::vector<std::uint64_t> delivered() { return copy(delivered_); }
  [[nodiscard]] std::vector<Lost> given_up() { return copy(given_up_); }

 private:
  void note(const std::function<void()>& change) {
    {
      const std::scoped_lock lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  bool eventually(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, condition);
  }
  template <class T>
  T copy(const T& value) {
    const std::scoped_lock lock(mutex_);
    return value;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_;
  int readies_ = 0;
  std::vector<std::string> losses_;
  std::vector<std::uint64_t> delivered_;
  std::vector<Lost> given_up_;
  std::unique_ptr<Link> link_;
};

inline Options options_for(const Broker& broker, std::string client_id,
                           std::vector<std::string> subscriptions = {}) {
  Options options;
  options.url = broker.url();
  options.client_id = std::move(client_id);
  options.subscriptions = std::move(subscriptions);
  return options;
}

inline Message message(std::string topic, std::string payload, std::uint64_t tag = 0) {
  return {std::move(topic), std::move(payload), "application/json", {}, tag};
}

inline std::vector<std::string> payloads(const std::vector<Received>& received) {
  std::vector<std::string> result;
  result.reserve(received.size());
  for (const auto& each : received)
    result.push_back(each.payload);
  return result;
}

}  // namespace latchkey::test
