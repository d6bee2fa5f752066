#pragma once

#include <csignal>

namespace latchkey {

/// SIGTERM and SIGINT, the signals that ask a process to end.
[[nodiscard]] sigset_t stop_signals() noexcept;

}  // namespace latchkey
