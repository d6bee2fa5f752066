#pragma once

#include "protocol/device_id.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace latchkey::service {

/// How many proofs may fail, and how many rejections the ledger keeps one by one (docs/guarantees.md). On the
/// monotonic clock. Memory is bounded whatever the ids: two ids that share a slot share their limits, which
/// costs the honest one of them the budget below and nothing else. May be used from several threads.
class ProofLimits {
 public:
  using Clock = std::chrono::steady_clock;

  ProofLimits();

  /// As many proofs have failed lately, of this id or of all, as may: a signature of it is checked only
  /// within the budget. A MAC is checked in any case, it costs nothing.
  [[nodiscard]] bool over(const protocol::DeviceId& id, Clock::time_point now);
  /// A proof of this id failed.
  void charge(const protocol::DeviceId& id, Clock::time_point now);
  /// Whether this second's verification time for ids over their limit, a quarter of a core, lasts.
  [[nodiscard]] bool may_verify(Clock::time_point now);
  void spent(Clock::duration verifying, Clock::time_point now);
  /// A rejection of this id. True: the ledger has enough of them for now, so it is only counted.
  [[nodiscard]] bool floods(const protocol::DeviceId& id, Clock::time_point now);

 private:
  /// What happened in one minute.
  struct Slot {
    std::int64_t minute = -1;
    std::uint32_t failed = 0;
    std::uint32_t rejected = 0;
  };
  /// What happened in one second, of all ids.
  struct Second {
    std::int64_t second = -1;
    std::uint32_t failed = 0;
    std::uint32_t rejected = 0;
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
