#pragma once

#include <span>
#include <string_view>

namespace latchkey::registry {

/// One file of registry/migrations, carried inside the binary.
struct Migration {
  std::string_view version;
  std::string_view name;
  std::string_view sql;
};

/// In the order in which they apply.
[[nodiscard]] std::span<const Migration> migrations();

}  // namespace latchkey::registry
