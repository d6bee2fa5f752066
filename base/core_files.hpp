#pragma once

namespace latchkey {

/// Nothing of this process is written to disk when it crashes: keys, passwords and tokens are in it. For the
/// start of a program.
void forbid_core_files() noexcept;

}  // namespace latchkey
