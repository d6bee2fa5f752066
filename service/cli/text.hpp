#pragma once

#include <string>
#include <string_view>

namespace latchkey::cli {

/// The text for a terminal: control characters become spaces, except those in `kept`, and what is no UTF-8
/// becomes question marks.
[[nodiscard]] std::string without_controls(std::string_view text, std::string_view kept = {});

}  // namespace latchkey::cli
