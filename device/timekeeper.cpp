#include "device/timekeeper.hpp"

#include "device/contract.hpp"

namespace latchkey::device {

Timekeeper::Timekeeper(const Store& store, const Environment& environment)
    : store_(store), environment_(environment), greatest_(store.server_time()), heard_(Steady::now()) {}

std::optional<std::int64_t> Timekeeper::service_clock() const {
  if (!greatest_) return std::nullopt;
  return *greatest_ + std::chrono::floor<std::chrono::seconds>(Steady::now() - heard_).count();
}

std::optional<crypto::Time> Timekeeper::now() const {
  return trusted_time(environment_.clock(), service_clock());
}

std::expected<void, std::string> Timekeeper::learn(std::int64_t server_time) {
  const auto known = service_clock();
  if (later_of(known, server_time) == known) return {};
  greatest_ = server_time;
  heard_ = Steady::now();
  return store_.keep_server_time(server_time);
}

}  // namespace latchkey::device
