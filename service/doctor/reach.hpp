#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

namespace latchkey::service {

/// A connected, blocking TCP socket whose reads and writes are bounded as well.
class Reached {
 public:
  /// Tries each address of the name, all within `limit`. The error is half a sentence: what the last one
  /// said.
  [[nodiscard]] static std::expected<Reached, std::string> open(const std::string& host, std::uint16_t port,
                                                                std::chrono::seconds limit);
  ~Reached();
  Reached(Reached&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Reached& operator=(Reached&&) = delete;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  explicit Reached(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace latchkey::service
