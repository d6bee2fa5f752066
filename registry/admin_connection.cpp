#include "registry/admin_connection.hpp"

#include <algorithm>

namespace latchkey::registry {
namespace {

/// Parses "ERROR: text\nHINT: text\n..." into its parts.
AdminError described(AdminError::Kind kind, std::string_view text) {
  const auto section = [&](std::string_view label) -> std::string {
    const auto start = text.find(label);
    if (start == std::string_view::npos) return {};
    const auto rest = text.substr(start + label.size());
    const auto line = rest.substr(0, rest.find('\n'));
    return std::string(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  };
  std::string what = section("ERROR:");
  if (what.empty()) what = std::string(text.substr(0, text.find('\n')));
  return {kind, std::move(what), section("HINT:")};
}

}  // namespace

AdminError admin_error() {
  try {
    throw;
  } catch (const pqxx::sql_error& error) {
    return described(sqlstate_of(error) == "42501" ? AdminError::Kind::permission : AdminError::Kind::refused,
                     error.what());
  } catch (const std::exception& error) {
    return described(AdminError::Kind::unavailable, error.what());
  }
}

}  // namespace latchkey::registry
