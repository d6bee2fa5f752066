#pragma once

namespace latchkey {

/// A named place at which a test may end the process, as a crash would:
/// LATCHKEY_FAILPOINTS="after_commit:kill", or "stored:kill@3" at the third time that it is passed. Inert
/// unless that variable names it.
void failpoint(const char* name) noexcept;

}  // namespace latchkey
