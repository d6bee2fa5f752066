#pragma once

#include "protocol/topics.hpp"
#include "registry/registry.hpp"

namespace latchkey::registry {

/// Sets `credentials_sent_at` where it is empty. `busy`: not written, try again.
[[nodiscard]] Result<std::vector<Outcome>> mark_sent(Registry& registry, std::span<const Sent> rows);
[[nodiscard]] Result<void> record_undelivered(Registry& registry, std::span<const Undelivered> messages);
[[nodiscard]] Result<void> record_links(Registry& registry, std::span<const LinkLife> links);

/// A topic template, and the group whose devices have this right; empty: those without a group.
struct ReachingRight {
  std::string group;
  std::string text;
};
/// Stores the roots of the protocol's topics, which the registry checks rights against. Returns some of the
/// rights that reach topics below them all the same, because they were set before. Call at start.
[[nodiscard]] Result<std::vector<ReachingRight>> note_roots(Registry& registry,
                                                            const protocol::Topics& topics);

/// Makes future partitions and deletes some of the rows beyond their retention. Call at start and hourly.
/// Deletes also if partitions could not be made; the error names both. True: there is more to delete.
[[nodiscard]] Result<bool> maintain(Registry& registry);

/// Counts a large fleet for the summary views, which takes seconds. Call hourly, by a Registry of its own
/// with a longer `patience`.
[[nodiscard]] Result<void> summarize(Registry& registry);

}  // namespace latchkey::registry
