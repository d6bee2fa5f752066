#pragma once

#include <chrono>
#include <csignal>

namespace latchkey {

/// SIGTERM and SIGINT, the signals that ask a process to end.
[[nodiscard]] sigset_t stop_signals() noexcept;
/// Blocks them in this thread and in those that it starts, so that they wait for `wait_for_stop_signal`.
void block_stop_signals() noexcept;
/// True if one of the blocked signals came within `limit`.
[[nodiscard]] bool wait_for_stop_signal(std::chrono::seconds limit) noexcept;

}  // namespace latchkey
