#include "base/core_files.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace latchkey {

void forbid_core_files() noexcept {
  constexpr rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace latchkey
