#pragma once

#include "registry/registry.hpp"
#include "service/log.hpp"
#include "service/pipeline/sent_log.hpp"

#include <functional>
#include <thread>

namespace latchkey::service {

/// What nobody waits for: writes `credentials_sent_at` in batches, makes the ledger's partitions and removes
/// what is kept no longer, and says once when the database is there and new enough.
class Housekeeper {
 public:
  Housekeeper(SentLog& sent, registry::ConnectOptions database, std::function<void()> database_ready,
              Log& log);

 private:
  void run();
  void maintain();
  void mark(std::vector<registry::Sent> sent);

  SentLog& sent_;
  registry::Registry registry_;
  std::function<void()> database_ready_;
  Log& log_;
  bool ready_ = false;
  Steady::time_point next_maintenance_ = Steady::now();
  std::jthread thread_;  // last: it uses all of the above, and ends when the sent log is closed
};

}  // namespace latchkey::service
