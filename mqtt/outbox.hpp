#pragma once

#include "mqtt/paho_compat.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>

namespace latchkey::mqtt {

/// The outgoing messages in order: first those sent and not acknowledged, then those that wait. Not
/// thread-safe: the caller holds a lock. Items keep their address until they are removed, so that an
/// acknowledgement finds its item.
///
/// Any unacknowledged message may have made the broker end the connection. The next connection starts with
/// only the oldest in flight, the likely cause where a broker works in order, and allows one more with each
/// acknowledgement. Messages that were in flight at two ends are sent one by one. So the cause is found after
/// two ends, or after three if the broker's last acknowledgements were lost.
class Outbox {
 public:
  struct Item {
    paho::const_message_ptr message;
    std::size_t bytes = 0;  ///< of its packet
    std::uint64_t tag = 0;
    unsigned ends = 0;  ///< how many connections ended while it was in flight
    bool done = false;
  };

  explicit Outbox(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] bool full() const noexcept { return items_.size() - handed_over_ >= limit_; }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  [[nodiscard]] bool waits_for_broker() const noexcept { return handed_over_ > 0; }
  [[nodiscard]] bool has_next(std::size_t window) const noexcept {
    if (handed_over_ == items_.size()) return false;
    return handed_over_ < (items_.front().ends > 1 ? 1 : std::min(window, allowed_));
  }

  void push(paho::const_message_ptr message, std::size_t bytes, std::uint64_t tag) {
    items_.push_back({std::move(message), bytes, tag});
  }

  /// Marks the next item as in flight and returns it. Call only after `has_next`; null if the rest is
  /// acknowledged already.
  [[nodiscard]] Item* next() noexcept {
    while (handed_over_ < items_.size() && items_[handed_over_].done)
      ++handed_over_;
    if (handed_over_ == items_.size()) {
      drop_done();
      return nullptr;
    }
    return &items_[handed_over_++];
  }

  /// Call after each acknowledgement, also a refusing one.
  void allow_one_more() noexcept {
    if (allowed_ < any_number) ++allowed_;
  }

  /// Marks an item as done: acknowledged, or impossible to send.
  void finish(Item& item) noexcept {
    item.done = true;
    item.message.reset();
    drop_done();
  }

  /// Call when the connection ended and a message may be the cause. Returns the message that caused it, if
  /// known: it was the only one in flight, and in flight at an earlier end too.
  [[nodiscard]] Item* blame() noexcept {
    Item* last = nullptr;
    std::size_t in_flight = 0;
    for (std::size_t i = 0; i < handed_over_; ++i) {
      if (items_[i].done) continue;
      last = &items_[i];
      ++last->ends;
      ++in_flight;
    }
    return in_flight == 1 && last->ends > 1 ? last : nullptr;
  }

  /// Call when the connection ended: unacknowledged messages wait again, in their order.
  void reclaim() noexcept {
    if (handed_over_ > 0) allowed_ = 1;
    handed_over_ = 0;
  }

 private:
  static constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

  void drop_done() noexcept {
    while (handed_over_ > 0 && items_.front().done) {
      items_.pop_front();
      --handed_over_;
    }
  }

  std::deque<Item> items_;
  std::size_t handed_over_ = 0;
  std::size_t allowed_ = any_number;  ///< how many may be in flight
  std::size_t limit_;
};

}  // namespace latchkey::mqtt
