#pragma once

#include "service/observability/log.hpp"

#include <cstdint>
#include <mutex>

namespace latchkey::service {

/// Tells the service manager (sd_notify, where NOTIFY_SOCKET names one) and the log once that requests are
/// served: each worker could commit, and the subscriptions stand.
class Readiness {
 public:
  Readiness(Log& log, std::int64_t workers) : log_(log), workers_(workers) {}
  /// Of each worker, once.
  void worker_ready();
  void broker_ready();

 private:
  void say_if_ready();
  Log& log_;
  std::mutex mutex_;
  std::int64_t workers_;  ///< that are not ready yet
  bool broker_ = false;
  bool said_ = false;
};

/// "STOPPING=1" and the like; does nothing without a service manager.
void notify_service_manager(const char* state) noexcept;

}  // namespace latchkey::service
