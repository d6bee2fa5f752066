#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

struct LoadedRequests {
  Clock now;
  std::vector<RequestFacts> facts;  ///< in the order of the keys
};

[[nodiscard]] Result<LoadedRequests> load_requests(Registry& registry, std::span<const RequestKey> keys);

/// One transaction. A device at most once in `rows`. Outcomes in their order. What somebody else has locked
/// is waited for, 200 ms at most; then the others are written without it.
[[nodiscard]] Result<std::vector<Outcome>> commit_requests(Registry& registry,
                                                           std::span<const DecidedRequest> rows);

}  // namespace latchkey::registry
