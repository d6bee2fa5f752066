#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

/// Sets `credentials_sent_at` where it is still empty. `busy`: not yet, say it again.
[[nodiscard]] Result<std::vector<Outcome>> mark_sent(Registry& registry, std::span<const Sent> rows);
[[nodiscard]] Result<void> note_undelivered(Registry& registry, std::span<const Undelivered> messages);
[[nodiscard]] Result<void> note_links(Registry& registry, std::span<const LinkLife> links);

/// Makes partitions ahead and removes a portion of what retention lets go: at start and hourly. True: there
/// is more.
[[nodiscard]] Result<bool> maintain(Registry& registry);

/// Counts a large registry for the views that sum it up, which takes it seconds: hourly, by a registry of
/// its own with more patience.
[[nodiscard]] Result<void> summarize(Registry& registry);

}  // namespace latchkey::registry
