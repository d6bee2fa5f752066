#include "base/core_files.hpp"

#include <sys/resource.h>

namespace latchkey {

// Limit 1, not 0: where core_pattern is a pipe (core(5)), the kernel ignores limit 0, but writes nothing for
// 1. Not PR_SET_DUMPABLE: that makes /dev/stdin and /dev/fd unreadable for all but root, and keys are read
// from there.
void forbid_core_files() noexcept {
  constexpr rlimit none{1, 1};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace latchkey
