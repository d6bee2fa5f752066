#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace latchkey::cli {

/// A bar on stderr for long work, if that is a terminal; otherwise nothing.
class Progress {
 public:
  Progress();
  /// Takes the bar away again.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total`; a total of 0 is not known.
  void show(const std::string& what, std::int64_t done, std::int64_t total);

 private:
  void draw(const std::string& line);
  bool on_terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace latchkey::cli
