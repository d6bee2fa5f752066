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

AdminError::Kind kind_of(const std::exception& error) {
  const std::string sqlstate = sqlstate_of(error);
  if (sqlstate == "42501") return AdminError::Kind::permission;
  if (sqlstate == "40001" || sqlstate == "40P01") return AdminError::Kind::contention;
  return dynamic_cast<const pqxx::sql_error*>(&error) != nullptr ? AdminError::Kind::refused
                                                                 : AdminError::Kind::unavailable;
}

}  // namespace

AdminError admin_error() {
  try {
    throw;
  } catch (const std::exception& error) {
    return described(kind_of(error), error.what());
  }
}

}  // namespace latchkey::registry
