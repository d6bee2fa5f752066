#pragma once

#include "base/command_line.hpp"

// The verbs of `latchkey db`, for the owner of the schema.
namespace latchkey::cli {

constexpr const char* owner_variable = "LATCHKEY_OWNER_DB_URL";

void add_reseal(Command& db);

}  // namespace latchkey::cli
