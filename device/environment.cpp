#include "device/environment.hpp"

#include "crypto/mac.hpp"

#include <chrono>

namespace latchkey::device {
namespace {

std::optional<std::int64_t> system_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

double uniform() {
  std::uint32_t bits = 0;
  const auto bytes = crypto::random_bytes(sizeof bits);
  for (const auto byte : bytes)
    bits = bits << 8U | byte;
  return bits / 4294967296.0;
}

}  // namespace

Environment system_environment(bool has_clock) {
  return {.clock = has_clock ? system_clock : [] { return std::optional<std::int64_t>(); },
          .uniform = uniform,
          .random_bytes = crypto::random_bytes};
}

}  // namespace latchkey::device
