#pragma once

#include "protocol/topics.hpp"
#include "registry/registry.hpp"
#include "service/observability/log.hpp"
#include "service/pipeline/sent_log.hpp"

#include <thread>

namespace latchkey::service {

/// Background work on the registry: writes `credentials_sent_at` and undelivered messages in batches, makes
/// the ledger's partitions, removes rows beyond their retention, and checks rights against the roots.
class Housekeeper {
 public:
  Housekeeper(SentLog& sent, const protocol::Topics& topics, registry::ConnectOptions database, Log& log);
  /// Call when the sent log is closed: calls to the database that run `after` from now fail, so that the
  /// thread ends.
  void end(std::chrono::milliseconds after) noexcept { registry_.abandon(after); }

 private:
  void run();
  [[nodiscard]] registry::Result<void> check_rights();
  void maintain();
  void record(const std::vector<registry::Undelivered>& messages);
  void mark_sent_credentials(std::vector<registry::Sent> sent);

  SentLog& sent_;
  const protocol::Topics& topics_;
  registry::Registry registry_;
  Log& log_;
  Steady::time_point next_maintenance_ = Steady::now();
  std::jthread thread_;  // last: it uses all of the above, and ends when the sent log is closed
};

}  // namespace latchkey::service
