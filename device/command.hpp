#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace latchkey::device {

/// Adds `device provision` and `device run`. When the command line chose it, `run` is set to what does it and
/// returns the exit code; `run` and `root` outlive the parsing.
void add_device_command(CLI::App& root, std::function<int()>& run);

/// Adds `simulate`, in the same way.
void add_simulate_command(CLI::App& root, std::function<int()>& run);

}  // namespace latchkey::device
