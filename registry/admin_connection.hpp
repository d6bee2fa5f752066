#pragma once

// Private to this folder: database connections of the command line.

#include "registry/administration.hpp"
#include "registry/session.hpp"

#include <memory>

namespace latchkey::registry {

/// Converts the current exception. Call inside a catch block.
[[nodiscard]] AdminError admin_error();

/// A command's connection, with a deadline for each operation.
class AdminConnection {
 public:
  static constexpr std::chrono::seconds usual_limit{15};

  /// Throws libpqxx's exceptions.
  explicit AdminConnection(const ConnectOptions& options) : connection_(open_connection(options)) {}

  /// Calls `act` with the connection and returns its result. `limit` is for the whole call.
  template <class Act>
  auto run(const Act& act, std::chrono::seconds limit = usual_limit) {
    const Deadline::Watch watch(deadline_, connection_->sock(), limit);
    try {
      return act(*connection_);
    } catch (const std::exception& error) {
      if (watch.passed()) throw std::runtime_error(no_answer(limit));
      if (const std::string words = in_the_servers_words(*connection_, error.what()); words != error.what())
        throw std::runtime_error(words);
      throw;
    }
  }

 private:
  std::unique_ptr<pqxx::connection> connection_;
  Deadline deadline_;
};

/// Runs `act` with a connection of its own.
template <class T, class Act>
[[nodiscard]] std::expected<T, AdminError> with_connection(const ConnectOptions& options, const Act& act) {
  try {
    const auto connection = std::make_unique<AdminConnection>(options);
    return act(*connection);
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

/// Runs `act` under the usual limit, with a connection of its own.
template <class T, class Act>
[[nodiscard]] std::expected<T, AdminError> run_once(const ConnectOptions& options, const Act& act) {
  return with_connection<T>(options, [&](AdminConnection& connection) { return connection.run(act); });
}

}  // namespace latchkey::registry
