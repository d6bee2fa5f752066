#include "service/observability/readiness.hpp"

#include <systemd/sd-daemon.h>

namespace latchkey::service {

void notify_service_manager(const char* state) noexcept {
  sd_notify(0, state);
}

void Readiness::worker_ready() {
  const std::lock_guard lock(mutex_);
  --workers_;
  notify_if_ready();
}

void Readiness::broker_ready() {
  const std::lock_guard lock(mutex_);
  broker_ = true;
  notify_if_ready();
}

void Readiness::notify_if_ready() {
  if (workers_ > 0 || !broker_ || notified_) return;
  notified_ = true;
  log_.info("ready");
  notify_service_manager("READY=1");
}

}  // namespace latchkey::service
