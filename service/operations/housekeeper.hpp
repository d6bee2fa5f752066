#pragma once

#include "registry/registry.hpp"
#include "service/observability/log.hpp"
#include "service/pipeline/sent_log.hpp"

#include <thread>

namespace latchkey::service {

/// What nobody waits for: writes `credentials_sent_at` in batches and what the broker did not take, makes the
/// ledger's partitions and removes what is kept no longer.
class Housekeeper {
 public:
  Housekeeper(SentLog& sent, registry::ConnectOptions database, Log& log);
  /// The sent log is closed, and this has to come to an end: what it asks the database fails from then on.
  void end(std::chrono::milliseconds after) noexcept { registry_.abandon(after); }

 private:
  void run();
  void maintain();
  void note(const std::vector<registry::Undelivered>& messages);
  void mark(std::vector<registry::Sent> sent);

  SentLog& sent_;
  registry::Registry registry_;
  Log& log_;
  Steady::time_point next_maintenance_ = Steady::now();
  std::jthread thread_;  // last: it uses all of the above, and ends when the sent log is closed
};

}  // namespace latchkey::service
