#pragma once

namespace latchkey::service {

/// A named place at which a test may end the process, as a crash would:
/// LATCHKEY_FAILPOINTS="after_commit:kill". Inert unless that variable names it.
void failpoint(const char* name) noexcept;

}  // namespace latchkey::service
