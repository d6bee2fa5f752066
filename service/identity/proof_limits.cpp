#include "service/identity/proof_limits.hpp"

#include "crypto/mac.hpp"

#include <functional>

namespace latchkey::service {
namespace {

constexpr std::size_t slots = 65536;
constexpr std::uint32_t failed_per_minute = 10;   // of one id
constexpr std::uint32_t failed_per_second = 200;  // of all
constexpr std::uint32_t kept_per_minute = 10;     // of one id
constexpr std::uint32_t kept_per_second = 100;    // of all
constexpr std::chrono::milliseconds budget{250};

}  // namespace

ProofLimits::ProofLimits(std::uint64_t seed) : seed_(seed), slots_(slots) {}

std::uint64_t ProofLimits::random_seed() {
  std::uint64_t seed = 0;
  crypto::fill_random(std::span(reinterpret_cast<std::uint8_t*>(&seed), sizeof seed));
  return seed;
}

ProofLimits::Slot& ProofLimits::slot_of(const protocol::DeviceId& id, Clock::time_point now) {
  const std::size_t mixed = (std::hash<std::string>{}(id.text()) ^ seed_) * 0x9e3779b97f4a7c15U;
  Slot& slot = slots_[mixed >> 48U];
  const auto minute = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count();
  if (slot.minute != minute) slot = {.minute = minute};
  return slot;
}

ProofLimits::Second& ProofLimits::this_second(Clock::time_point now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second_.second != second) second_ = {.second = second};
  return second_;
}

bool ProofLimits::over(const protocol::DeviceId& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return slot_of(id, now).failed >= failed_per_minute || this_second(now).failed >= failed_per_second;
}

bool ProofLimits::defers(const protocol::DeviceId& id, bool is_signature, Clock::time_point now) {
  return is_signature && over(id, now) && !may_verify(now);
}

void ProofLimits::verified(const protocol::DeviceId& id, bool is_signature, bool is_good,
                           Clock::duration took, Clock::time_point now) {
  if (is_signature && over(id, now)) spent(took, now);
  if (!is_good) charge(id, now);
}

void ProofLimits::charge(const protocol::DeviceId& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  ++slot_of(id, now).failed;
  ++this_second(now).failed;
}

bool ProofLimits::may_verify(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return this_second(now).verifying < budget;
}

void ProofLimits::spent(Clock::duration verifying, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  this_second(now).verifying += verifying;
}

bool ProofLimits::floods(const protocol::DeviceId& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slot_of(id, now);
  Second& second = this_second(now);
  if (slot.kept >= kept_per_minute || second.kept >= kept_per_second) return true;
  ++slot.kept;
  ++second.kept;
  return false;
}

bool ProofLimits::asks_often(const protocol::DeviceId& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slot_of(id, now);
  if (slot.kept >= kept_per_minute) return true;
  ++slot.kept;
  return false;
}

bool ProofLimits::answers_too_many(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return ++this_second(now).beside_the_ledger > kept_per_second;
}

bool ProofLimits::is_flooding(const protocol::DeviceId& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return slot_of(id, now).kept >= kept_per_minute || this_second(now).kept >= kept_per_second;
}

}  // namespace latchkey::service
