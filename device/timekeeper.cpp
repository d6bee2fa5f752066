#include "device/timekeeper.hpp"

#include "device/contract.hpp"

namespace latchkey::device {

Timekeeper::Timekeeper(const Store& store, const Environment& environment)
    : store_(store), environment_(environment), greatest_(store.server_time()) {}

std::optional<crypto::Time> Timekeeper::now() const {
  const auto then = earliest();
  if (!heard_ || !then) return std::nullopt;
  return *then + std::chrono::floor<std::chrono::seconds>(Steady::now() - *heard_);
}

std::optional<crypto::Time> Timekeeper::earliest() const {
  return likely_time(std::nullopt, greatest_);
}

std::optional<crypto::Time> Timekeeper::guess() const {
  const auto told = now();
  return told ? told : likely_time(environment_.clock(), greatest_);
}

std::expected<void, std::string> Timekeeper::learn(std::int64_t server_time) {
  const auto known = now();
  if (known && *known >= crypto::Time(std::chrono::seconds(server_time))) return {};
  greatest_ = later_of(greatest_, server_time);
  heard_ = Steady::now();
  return store_.keep_server_time(server_time);
}

}  // namespace latchkey::device
