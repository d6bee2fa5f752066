#pragma once

#include "protocol/device_id.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace latchkey::service {

/// Limits failed proofs, and the requests without a credential that ledger and log keep one by one
/// (docs/guarantees.md). By the monotonic clock. Memory is constant: ids that hash to the same slot share
/// their limits; for an honest device this means only that its signatures are checked within the budget
/// below. Thread-safe.
class ProofLimits {
 public:
  using Clock = std::chrono::steady_clock;

  /// `seed` decides which ids share a slot. It must be secret, so only tests set it.
  explicit ProofLimits(std::uint64_t seed = random_seed());

  /// True if too many proofs of this id, or of all, failed lately: its signatures are then verified only
  /// within the budget. MACs are always verified, since they are cheap.
  [[nodiscard]] bool over(const protocol::DeviceId& id, Clock::time_point now);
  /// True if a proof of this id, a signature or a MAC, is not verified now.
  [[nodiscard]] bool defers(const protocol::DeviceId& id, bool is_signature, Clock::time_point now);
  /// Counts a verification of a proof of this id, which took so long.
  void verified(const protocol::DeviceId& id, bool is_signature, bool is_good, Clock::duration took,
                Clock::time_point now);
  /// Counts a failed proof of this id.
  void charge(const protocol::DeviceId& id, Clock::time_point now);
  /// True if this second's verification budget for ids over their limit (a quarter of a core) is not used up.
  [[nodiscard]] bool may_verify(Clock::time_point now);
  void spent(Clock::duration verifying, Clock::time_point now);
  /// Counts a refusal of this id, or a request that waits. True: there are too many; only count this one in
  /// the ledger.
  [[nodiscard]] bool floods(const protocol::DeviceId& id, Clock::time_point now);
  /// The same for a challenge or a repeated answer. Its proof verified, so only the limit of its own id
  /// applies: a fleet that returns after an outage is not a flood.
  [[nodiscard]] bool asks_often(const protocol::DeviceId& id, Clock::time_point now);
  /// Counts an answer without a row in the ledger. True: there are too many for the log.
  [[nodiscard]] bool answers_too_many(Clock::time_point now);
  /// True if `floods` would be true for a refusal of this id. Counts nothing.
  [[nodiscard]] bool is_flooding(const protocol::DeviceId& id, Clock::time_point now);

 private:
  [[nodiscard]] static std::uint64_t random_seed();
  /// Counters of one minute.
  struct Slot {
    std::int64_t minute = -1;
    std::uint32_t failed = 0;
    std::uint32_t kept = 0;
  };
  /// Counters of one second, for all ids.
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
