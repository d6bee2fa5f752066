#pragma once

// Private to this folder: the connections of commands.

#include "registry/administration.hpp"
#include "registry/session.hpp"

namespace latchkey::registry {

/// What to tell of the exception that is being handled. To be called inside a catch block.
[[nodiscard]] AdminError admin_error();

/// Runs `act` on a connection of its own.
template <class T, class Act>
[[nodiscard]] std::expected<T, AdminError> with_connection(const ConnectOptions& options, const Act& act) {
  try {
    const auto connection = open_connection(options);
    return act(*connection);
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

}  // namespace latchkey::registry
