#include "service/readiness.hpp"

#include <systemd/sd-daemon.h>

namespace latchkey::service {

void notify_service_manager(const char* state) noexcept {
  sd_notify(0, state);
}

void Readiness::database_ready() {
  reached(database_);
}
void Readiness::broker_ready() {
  reached(broker_);
}

void Readiness::reached(bool& part) {
  const std::lock_guard lock(mutex_);
  part = true;
  if (!database_ || !broker_ || said_) return;
  said_ = true;
  log_.info("ready");
  notify_service_manager("READY=1");
}

}  // namespace latchkey::service
