#include "service/pipeline/tracking.hpp"

#include "crypto/mac.hpp"

#include <array>

namespace latchkey::service {

std::string new_tracking_id() {
  std::array<std::uint8_t, 16> uuid{};
  crypto::fill_random(std::span(uuid).subspan(6));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())
                       .time_since_epoch()
                       .count();
  for (std::size_t i = 0; i < 6; ++i)
    uuid[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(now) >> (40 - 8 * i));
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | 0x70U);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);
  std::string text = crypto::to_hex(uuid);
  for (const std::size_t dash : {20U, 16U, 12U, 8U})
    text.insert(dash, 1, '-');
  return text;
}

registry::Clock received_at(Steady::time_point received, registry::Clock now) {
  return now - std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - received);
}

}  // namespace latchkey::service
