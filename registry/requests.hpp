#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

struct LoadedRequests {
  Clock now;
  std::vector<RequestFacts> facts;  ///< in the order of the keys
};

[[nodiscard]] Result<LoadedRequests> load_requests(Registry& registry, std::span<const RequestKey> keys);

/// Commits in one transaction. `rows` must contain a device at most once. Returns the outcomes in the order
/// of `rows`. Waits at most 200 ms for locks of others, then writes the other rows without the locked ones
/// (`busy`).
[[nodiscard]] Result<std::vector<Outcome>> commit_requests(Registry& registry,
                                                           std::span<const DecidedRequest> rows);

}  // namespace latchkey::registry
