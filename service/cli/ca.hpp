#pragma once

#include <functional>

namespace CLI {
class App;
}

// The verbs of `latchkey ca`.
namespace latchkey::cli {

void add_ca_show(CLI::App& ca, std::function<int()>& run);

}  // namespace latchkey::cli
