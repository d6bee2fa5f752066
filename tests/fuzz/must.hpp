#pragma once

#include <cstdio>
#include <cstdlib>

namespace latchkey::fuzz {

/// Ends the process: what a fuzzer reports, whatever the build does with assertions.
inline void must(bool fine, const char* what) {
  if (fine) return;
  static_cast<void>(std::fprintf(stderr, "broken: %s\n", what));
  std::abort();
}

}  // namespace latchkey::fuzz
