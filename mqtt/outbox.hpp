#pragma once

#include "mqtt/paho_compat.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace latchkey::mqtt {

/// What goes out, in order: first what was handed to the broker and is not acknowledged, then what waits.
/// Whoever uses it holds a lock. Items keep their address until they leave, so that an acknowledgement finds
/// its own.
class Outbox {
 public:
  struct Item {
    paho::const_message_ptr message;
    std::uint64_t tag = 0;
    bool done = false;
  };

  explicit Outbox(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] bool full() const noexcept { return items_.size() - handed_over_ >= limit_; }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  [[nodiscard]] bool waits_for_broker() const noexcept { return handed_over_ > 0; }
  [[nodiscard]] bool has_next(std::size_t window) const noexcept {
    return handed_over_ < items_.size() && handed_over_ < window;
  }

  void push(paho::const_message_ptr message, std::uint64_t tag) {
    items_.push_back({std::move(message), tag});
  }

  /// Hands over the next one. Only after `has_next`; null when the items left were acknowledged long ago.
  [[nodiscard]] Item* next() noexcept {
    while (handed_over_ < items_.size() && items_[handed_over_].done)
      ++handed_over_;
    if (handed_over_ == items_.size()) {
      drop_done();
      return nullptr;
    }
    return &items_[handed_over_++];
  }

  /// This one is finished: acknowledged, or impossible to send.
  void finish(Item& item) noexcept {
    item.done = true;
    item.message.reset();
    drop_done();
  }

  /// The connection is gone: what was not acknowledged waits again, in its old order.
  void reclaim() noexcept { handed_over_ = 0; }

 private:
  void drop_done() noexcept {
    while (handed_over_ > 0 && items_.front().done) {
      items_.pop_front();
      --handed_over_;
    }
  }

  std::deque<Item> items_;
  std::size_t handed_over_ = 0;
  std::size_t limit_;
};

}  // namespace latchkey::mqtt
