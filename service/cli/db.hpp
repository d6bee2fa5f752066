#pragma once

#include <functional>

namespace CLI {
class App;
}

// The verbs of `latchkey db`, which the owner of the schema runs.
namespace latchkey::cli {

constexpr const char* owner_variable = "LATCHKEY_OWNER_DB_URL";

void add_reseal(CLI::App& db, std::function<int()>& run);

}  // namespace latchkey::cli
