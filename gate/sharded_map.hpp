#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

namespace latchkey::gate {

/// Hashes with a random seed of the process: devices choose their ids, and must not be able to make them
/// collide. It is not `noexcept`, because the standard library then stores the hash beside the name, and a
/// search does not read other names.
struct SeededHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    static const std::uint64_t seed = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    std::uint64_t hash = seed ^ text.size();
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t taken = text.size() < sizeof word ? text.size() : sizeof word;
      std::memcpy(&word, text.data(), taken);
      text.remove_prefix(taken);
      hash = (hash ^ word) * 0x9E3779B97F4A7C15;
      hash ^= hash >> 29;
    }
    return hash * 0xBF58476D1CE4E5B9 >> 1;
  }
};

/// A hash map in 256 parts. A hash map that grows moves all its entries. With 100,000 entries that would
/// stall the broker for too long; with a 256th of them it does not. Walks over the map also take one part at
/// a time.
template <class Value>
class ShardedMap {
 public:
  static constexpr std::size_t parts = 256;
  using Part = std::unordered_map<std::string, Value, SeededHash, std::equal_to<>>;

  [[nodiscard]] Value* find(std::string_view name) {
    Part& in = part_of(name);
    const auto found = in.find(name);
    return found == in.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const Value* find(std::string_view name) const {
    return const_cast<ShardedMap*>(this)->find(name);
  }
  Value& add(std::string_view name) {
    const auto [at, is_new] = part_of(name).try_emplace(std::string(name));
    if (is_new) ++size_;
    return at->second;
  }
  void erase(std::string_view name) {
    Part& in = part_of(name);
    const auto found = in.find(name);
    if (found == in.end()) return;
    in.erase(found);
    --size_;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Part& part(std::size_t number) const { return parts_[number]; }

 private:
  [[nodiscard]] Part& part_of(std::string_view name) { return parts_[SeededHash{}(name) >> 55 & 255]; }

  std::array<Part, parts> parts_;
  std::size_t size_ = 0;
};

}  // namespace latchkey::gate
