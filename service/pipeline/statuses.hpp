#pragma once

#include "registry/registry.hpp"
#include "service/pipeline/configurer.hpp"

#include <vector>

namespace latchkey::service {

struct StatusTools {
  const Configurer& configurer;
  Metrics& metrics;
  Log& log;
};

struct StatusJob;

/// Takes a batch of statuses from bytes to configuration messages, the same way as requests: decode, look up,
/// apply, commit, sign, hand over. For one worker's thread.
class StatusPipeline {
 public:
  StatusPipeline(StatusTools tools, registry::Registry& registry) : tools_(tools), registry_(registry) {}
  /// A device at most once in the batch. What does not count is dropped: the device repeats what it means.
  void run(std::vector<Inbound> batch);

 private:
  using Jobs = std::span<StatusJob* const>;
  [[nodiscard]] std::vector<StatusJob> decode(std::vector<Inbound> batch) const;
  [[nodiscard]] std::expected<std::vector<StatusJob*>, registry::Error> step(Jobs jobs);
  /// Somebody else has locked what they change.
  void put_off(Jobs locked);
  void does_not_count(const StatusJob& job, registry::Reason reason) const;
  /// What the status makes of the device; `facts` become what they are once it is committed.
  [[nodiscard]] std::optional<registry::DecidedStatus> decide(const StatusJob& job,
                                                              registry::StatusFacts& facts) const;

  StatusTools tools_;
  registry::Registry& registry_;
};

}  // namespace latchkey::service
