#include "registry/requests.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<LoadedRequests> load_requests(Registry& registry, std::span<const RequestKey> keys) {
  return load<LoadedRequests>(registry.session(), "load_requests_2", keys, request_facts_of);
}

Result<std::vector<Outcome>> commit_requests(Registry& registry, std::span<const DecidedRequest> rows) {
  return commit(registry.session(), "commit_requests", rows);
}

}  // namespace latchkey::registry
