#include "registry/statuses.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<LoadedStatuses> load_statuses(Registry& registry, std::span<const StatusKey> keys) {
  return load<LoadedStatuses>(registry.session(), "load_statuses_2", keys, status_facts_of);
}

Result<std::vector<Outcome>> commit_statuses(Registry& registry, std::span<const DecidedStatus> rows) {
  return commit(registry.session(), "commit_statuses", rows);
}

}  // namespace latchkey::registry
