#pragma once

#include "crypto/bytes.hpp"

#include <span>
#include <string_view>
#include <vector>

// What is fed with bytes that nobody chose: by libFuzzer (./dev fuzz), and with a few thousand changes of
// good inputs in the unit tests.
namespace latchkey::fuzz {

struct Target {
  std::string_view name;
  /// Feeds the bytes to a reader of ours and ends the process if what it then says cannot be.
  void (*feed)(crypto::ByteView input);
  /// Good inputs to start from.
  std::vector<crypto::Bytes> (*seeds)();
};

[[nodiscard]] std::span<const Target> targets();

}  // namespace latchkey::fuzz
