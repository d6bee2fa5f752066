#pragma once

#include "registry/registry.hpp"
#include "service/pipeline/configurer.hpp"
#include "service/pipeline/confirmation.hpp"

#include <vector>

namespace latchkey::service {

struct StatusTools {
  const Configurer& configurer;
  const Confirmation& confirmation;
  Metrics& metrics;
  Log& log;
};

struct StatusJob;

/// Processes batches of statuses, from bytes to configuration messages: decode, load, apply, commit, sign,
/// publish. For one worker's thread.
class StatusPipeline {
 public:
  StatusPipeline(StatusTools tools, registry::Registry& registry) : tools_(tools), registry_(registry) {}
  /// `batch` must contain a device at most once. Drops statuses that do not count.
  void run(std::vector<Inbound> batch);

 private:
  using Jobs = std::span<StatusJob* const>;
  [[nodiscard]] std::vector<StatusJob> decode(std::vector<Inbound> batch) const;
  [[nodiscard]] std::expected<std::vector<StatusJob*>, registry::Error> step(Jobs jobs);
  /// Drops statuses whose rows another session has locked.
  void drop_locked(Jobs locked);
  void log_ignored(const StatusJob& job, const registry::Cause& cause) const;
  /// True for a `connected` that confirms its credential. The error says why its signature is wrong: then it
  /// does not count at all.
  [[nodiscard]] std::expected<bool, registry::Cause> confirms(const StatusJob& job,
                                                              RegisteredDevice& device) const;
  /// The effect of a status on the device; updates its facts to the state after the commit.
  [[nodiscard]] std::optional<registry::DecidedStatus> decide(const StatusJob& job,
                                                              RegisteredDevice& device) const;

  StatusTools tools_;
  registry::Registry& registry_;
};

}  // namespace latchkey::service
