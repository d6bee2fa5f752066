#include "base/core_files.hpp"

#include <sys/resource.h>

namespace latchkey {

// Not 0: a kernel that gives core files to a program (core(5), a pipe in core_pattern) takes that for no
// limit, and 1 for "none" wherever they go. Not PR_SET_DUMPABLE either: it takes /dev/stdin and /dev/fd away
// from everybody but root, and keys come by those.
void forbid_core_files() noexcept {
  constexpr rlimit none{1, 1};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace latchkey
