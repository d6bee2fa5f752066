#include "unit/device_c/flash.hpp"

#include <algorithm>

namespace latchkey::small {

Flash::Flash() : table_{this, put, get} {}

bool Flash::write(lk_slot slot, std::string value) {
  if (is_dead_ || fails_) return false;
  is_dead_ = ++writes_ == cut_at_;
  if (is_dead_ && cut_ == Cut::before) return false;
  if (value.empty())
    slots_.erase(slot);
  else
    slots_[slot] = std::move(value);
  return true;
}

bool Flash::holds(std::string_view bytes) const {
  return std::ranges::any_of(slots_, [&](const auto& slot) { return slot.second.contains(bytes); });
}

bool Flash::put(void* context, lk_slot slot, const std::uint8_t* bytes, std::size_t size) {
  return static_cast<Flash*>(context)->write(slot, std::string(bytes, bytes + size));
}

std::size_t Flash::get(void* context, lk_slot slot, std::uint8_t* bytes, std::size_t room) {
  const auto& slots = static_cast<Flash*>(context)->slots_;
  const auto found = slots.find(slot);
  if (found == slots.end()) return 0;
  std::copy_n(found->second.begin(), std::min(room, found->second.size()), bytes);
  return found->second.size();
}

}  // namespace latchkey::small
