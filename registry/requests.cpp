#include "registry/requests.hpp"

#include "registry/calls.hpp"

#include <algorithm>

namespace latchkey::registry {

Result<LoadedRequests> load_requests(Registry& registry, std::span<const RequestKey> keys) {
  return load<LoadedRequests>(registry.session(), "load_requests_2", keys, request_facts_of);
}

Result<std::vector<Outcome>> commit_requests(Registry& registry, std::span<const DecidedRequest> rows) {
  auto outcomes = commit(registry.session(), "commit_requests", rows);
  if (!outcomes) return outcomes;
  // The ledger has every request that won.
  const auto won = std::ranges::find(*outcomes, Outcome::won);
  if (won != outcomes->end())
    registry.session().remember(rows[static_cast<std::size_t>(won - outcomes->begin())].attempt.tracking_id);
  return outcomes;
}

}  // namespace latchkey::registry
