#pragma once

#include "service/log.hpp"

#include <mutex>

namespace latchkey::service {

/// Tells the service manager (sd_notify, where NOTIFY_SOCKET names one) and the log once that requests are
/// served: the database is there and the subscriptions stand.
class Readiness {
 public:
  explicit Readiness(Log& log) : log_(log) {}
  void database_ready();
  void broker_ready();

 private:
  void reached(bool& part);
  Log& log_;
  std::mutex mutex_;
  bool database_ = false;
  bool broker_ = false;
  bool said_ = false;
};

/// "STOPPING=1" and the like; does nothing without a service manager.
void notify_service_manager(const char* state) noexcept;

}  // namespace latchkey::service
