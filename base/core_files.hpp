#pragma once

namespace latchkey {

/// Disables core files: a crash must not write keys, passwords and tokens to disk. Call it first in main().
void forbid_core_files() noexcept;

}  // namespace latchkey
