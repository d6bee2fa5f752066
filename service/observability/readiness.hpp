#pragma once

#include "service/observability/log.hpp"

#include <cstdint>
#include <mutex>

namespace latchkey::service {

/// Reports once that the service is ready, to the service manager (sd_notify, if NOTIFY_SOCKET is set) and to
/// the log: when each worker could commit and the subscriptions are acknowledged.
class Readiness {
 public:
  Readiness(Log& log, std::int64_t workers) : log_(log), workers_(workers) {}
  /// Call once for each worker.
  void worker_ready();
  void broker_ready();

 private:
  void notify_if_ready();
  Log& log_;
  std::mutex mutex_;
  std::int64_t workers_;  ///< how many are not ready yet
  bool broker_ = false;
  bool notified_ = false;
};

/// Sends a state such as "STOPPING=1"; does nothing without a service manager.
void notify_service_manager(const char* state) noexcept;

}  // namespace latchkey::service
