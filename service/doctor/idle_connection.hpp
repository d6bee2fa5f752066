#pragma once

#include "service/config/config.hpp"
#include "service/doctor/finding.hpp"
#include "service/doctor/watched_connection.hpp"

// Private to this folder.
namespace latchkey::service {

/// A connection that says nothing but what its keep alive needs: does it stand? It is opened like the
/// service's and has a client id of its own.
class IdleConnection {
 public:
  IdleConnection(const Config& config, const crypto::Secret& password);

  /// Waits until the connection was idle for longer than its keep alive.
  [[nodiscard]] Finding finding();

 private:
  /// How long it has to stand: the broker may end it one and a half times its keep alive after the last word.
  [[nodiscard]] std::chrono::milliseconds trial() const;
  [[nodiscard]] std::string demand() const;

  explicit IdleConnection(mqtt::Options options)
      : keep_alive_(options.keep_alive), connection_(std::move(options)) {}

  std::chrono::seconds keep_alive_;  ///< the service's
  WatchedConnection connection_;
};

}  // namespace latchkey::service
