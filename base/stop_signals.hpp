#pragma once

#include <csignal>

namespace latchkey {

/// SIGTERM and SIGINT: what asks a process to end.
[[nodiscard]] sigset_t stop_signals() noexcept;

}  // namespace latchkey
