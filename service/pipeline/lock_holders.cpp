#include "service/pipeline/lock_holders.hpp"

#include "service/observability/timestamp.hpp"

namespace latchkey::service {

void log_lock_holders(registry::Registry& registry, Log& log) {
  const auto holders = registry.lock_holders();
  if (!holders) return;
  for (const registry::LockHolder& holder : *holders) {
    const std::string since = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(holder.since));
    log.warning("a database session holds locks on devices: they are told to ask again later",
                {{"pid", holder.pid}, {"login", std::string_view(holder.login)}, {"since", since}});
  }
}

}  // namespace latchkey::service
