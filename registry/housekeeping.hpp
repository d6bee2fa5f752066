#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

/// Sets `credentials_sent_at` where it is empty. `busy`: not written, try again.
[[nodiscard]] Result<std::vector<Outcome>> mark_sent(Registry& registry, std::span<const Sent> rows);
[[nodiscard]] Result<void> record_undelivered(Registry& registry, std::span<const Undelivered> messages);
[[nodiscard]] Result<void> record_links(Registry& registry, std::span<const LinkLife> links);

/// Makes future partitions and deletes some of the rows beyond their retention. Call at start and hourly.
/// True: there is more to delete.
[[nodiscard]] Result<bool> maintain(Registry& registry);

/// Counts a large fleet for the summary views, which takes seconds. Call hourly, by a Registry of its own
/// with a longer `patience`.
[[nodiscard]] Result<void> summarize(Registry& registry);

}  // namespace latchkey::registry
