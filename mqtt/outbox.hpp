#pragma once

#include "mqtt/paho_compat.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>

namespace latchkey::mqtt {

/// What goes out, in order: first what was handed to the broker and is not acknowledged, then what waits.
/// Whoever uses it holds a lock. Items keep their address until they leave, so that an acknowledgement finds
/// its own.
///
/// One of several unacknowledged messages may be what ended a connection. The next one begins with the oldest
/// alone, which a broker that works in order choked on, and one more may be in flight with each
/// acknowledgement; those that were there at two ends go one by one. So who it was is known after two ends,
/// or three where the broker's last acknowledgements were lost with the connection.
class Outbox {
 public:
  struct Item {
    paho::const_message_ptr message;
    std::size_t bytes = 0;  ///< of its packet
    std::uint64_t tag = 0;
    unsigned ends = 0;  ///< of connections, while it was not acknowledged
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

  /// The broker read one, whatever it says of it.
  void allow_one_more() noexcept {
    if (allowed_ < any_number) ++allowed_;
  }

  /// This one is finished: acknowledged, or impossible to send.
  void finish(Item& item) noexcept {
    item.done = true;
    item.message.reset();
    drop_done();
  }

  /// The connection is gone, and a message may be why: the one that it was, if that is known. It was alone in
  /// flight, and not at the first end.
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

  /// The connection is gone: what was not acknowledged waits again, in its old order.
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
  std::size_t allowed_ = any_number;  ///< in flight at once
  std::size_t limit_;
};

}  // namespace latchkey::mqtt
