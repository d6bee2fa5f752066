#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace latchkey {

/// A progress bar on stderr, if that is a terminal.
class Progress {
 public:
  Progress();
  /// Erases the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `done` of `total`; a total of 0 means unknown.
  void show(const std::string& what, std::int64_t done, std::int64_t total);

 private:
  void draw(const std::string& line);
  bool on_terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace latchkey
