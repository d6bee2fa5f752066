#pragma once

#include "mqtt/link.hpp"
#include "service/config/config.hpp"
#include "service/doctor/finding.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

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
  using Clock = std::chrono::steady_clock;
  void on_lost(std::string_view reason);
  /// False if it does not come to stand.
  [[nodiscard]] bool await_begin();
  /// How long it has to stand: the broker may end it one and a half times its keep alive after the last word.
  [[nodiscard]] std::chrono::milliseconds trial() const;
  [[nodiscard]] std::string demand() const;

  std::chrono::seconds keep_alive_;  ///< the service's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Clock::time_point> began_;
  std::optional<Clock::time_point> ended_;
  std::string why_;                   ///< it ended
  std::unique_ptr<mqtt::Link> link_;  ///< its handlers use the members above
};

}  // namespace latchkey::service
