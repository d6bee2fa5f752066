#pragma once

#include "device/c/lk_store.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace latchkey::small {

/// The memory of a simulated device. Power may go at any write: then what follows has no effect until
/// `power_on`.
class Flash {
 public:
  enum class Cut { before, after };  ///< the write that is cut has no effect, or all of it

  Flash();

  /// Power goes at the write of this number, counted from 1.
  void cut_at(int write, Cut cut) {
    cut_at_ = write;
    cut_ = cut;
  }
  void power_on() { is_dead_ = false; }
  /// True since power went.
  [[nodiscard]] bool is_dead() const { return is_dead_; }
  [[nodiscard]] int writes() const { return writes_; }
  [[nodiscard]] const lk_store* table() const { return &table_; }
  [[nodiscard]] bool has(lk_slot slot) const { return slots_.contains(slot); }
  /// True if some slot contains these bytes.
  [[nodiscard]] bool holds(std::string_view bytes) const;
  /// Every write from now on fails.
  void fail(bool fails) { fails_ = fails; }

 private:
  static bool put(void* context, lk_slot slot, const std::uint8_t* bytes, std::size_t size);
  static std::size_t get(void* context, lk_slot slot, std::uint8_t* bytes, std::size_t room);
  [[nodiscard]] bool write(lk_slot slot, std::string value);

  lk_store table_;
  std::map<int, std::string> slots_;
  int writes_ = 0;
  int cut_at_ = 0;
  Cut cut_ = Cut::before;
  bool is_dead_ = false;
  bool fails_ = false;
};

}  // namespace latchkey::small
