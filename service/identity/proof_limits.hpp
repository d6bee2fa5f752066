#pragma once

#include "protocol/device_id.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace latchkey::service {

/// How many proofs may fail, and how many requests that give nothing out the ledger and the log keep one by
/// one (docs/guarantees.md). On the monotonic clock. Memory is bounded whatever the ids: two ids that share a
/// slot share their limits, which costs the honest one of them the budget below and nothing else. May be used
/// from several threads.
class ProofLimits {
 public:
  using Clock = std::chrono::steady_clock;

  /// `seed` decides which ids share a slot, which nobody outside may know: random unless a test needs to.
  explicit ProofLimits(std::uint64_t seed = random_seed());

  /// As many proofs have failed lately, of this id or of all, as may: a signature of it is checked only
  /// within the budget. A MAC is checked in any case, it costs nothing.
  [[nodiscard]] bool over(const protocol::DeviceId& id, Clock::time_point now);
  /// A proof of this id failed.
  void charge(const protocol::DeviceId& id, Clock::time_point now);
  /// Whether this second's verification time for ids over their limit, a quarter of a core, lasts.
  [[nodiscard]] bool may_verify(Clock::time_point now);
  void spent(Clock::duration verifying, Clock::time_point now);
  /// A refusal of this id, or a request of it that waits. True: there are enough of them for now, so it is
  /// only counted.
  [[nodiscard]] bool floods(const protocol::DeviceId& id, Clock::time_point now);
  /// The same of a challenge or a repeated answer: its proof was good, so that only the limit of its own id
  /// counts. A fleet that comes back is no flood.
  [[nodiscard]] bool asks_often(const protocol::DeviceId& id, Clock::time_point now);
  /// An answer that the ledger does not have. True: the log has enough of them for now.
  [[nodiscard]] bool answers_too_many(Clock::time_point now);
  /// Whether a refusal of this id would be one of a flood.
  [[nodiscard]] bool is_flooding(const protocol::DeviceId& id, Clock::time_point now);

 private:
  [[nodiscard]] static std::uint64_t random_seed();
  /// What happened in one minute.
  struct Slot {
    std::int64_t minute = -1;
    std::uint32_t failed = 0;
    std::uint32_t kept = 0;
  };
  /// What happened in one second, of all ids.
  struct Second {
    std::int64_t second = -1;
    std::uint32_t failed = 0;
    std::uint32_t kept = 0;
    std::uint32_t beside_the_ledger = 0;
    Clock::duration verifying{};
  };
  [[nodiscard]] Slot& slot_of(const protocol::DeviceId& id, Clock::time_point now);
  [[nodiscard]] Second& this_second(Clock::time_point now);

  std::mutex mutex_;
  std::uint64_t seed_;
  std::vector<Slot> slots_;
  Second second_;
};

}  // namespace latchkey::service
