#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace latchkey {
namespace {

constexpr std::chrono::milliseconds between{100};
constexpr std::int64_t width = 30;

std::string bar(std::int64_t done, std::int64_t total) {
  const auto full = static_cast<std::size_t>(std::clamp<std::int64_t>(done * width / total, 0, width));
  return "[" + std::string(full, '#') + std::string(static_cast<std::size_t>(width) - full, '.') + "] " +
         std::to_string(std::min<std::int64_t>(done * 100 / total, 100)) + " %";
}

}  // namespace

Progress::Progress() : on_terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (drawn_) draw("");
}

void Progress::show(const std::string& what, std::int64_t done, std::int64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || now < next_) return;
  next_ = now + between;
  draw(total > 0 ? bar(done, total) + "  " + what : what + " " + std::to_string(done));
  drawn_ = true;
}

/// Overwrites the current line (ECMA-48: erase to its end).
void Progress::draw(const std::string& line) {
  std::cerr << '\r' << line << "\x1b[K" << std::flush;
}

}  // namespace latchkey
