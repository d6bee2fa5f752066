#pragma once

namespace latchkey {

/// A named place where a test may kill the process, to simulate a crash:
/// LATCHKEY_FAILPOINTS="after_commit:kill", or "stored:kill@3" for the third passage. Does nothing unless
/// that variable names it.
void failpoint(const char* name) noexcept;

}  // namespace latchkey
