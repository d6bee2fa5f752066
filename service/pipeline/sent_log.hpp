#pragma once

#include "registry/model.hpp"
#include "service/pipeline/inbox.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::service {

/// Which credentials went out: from the answer that was queued, to the broker's acknowledgement, to the batch
/// that writes `credentials_sent_at`. Bounded: some answers are never acknowledged (a full outbox), so beyond
/// `limit` the oldest on its way is forgotten. And to whom nothing goes out, because the broker does not take
/// it.
class SentLog {
 public:
  explicit SentLog(std::size_t limit = 100000) : limit_(limit) {}
  /// The tag to publish the answer with; 0 when it is not recorded, because as many wait to be written.
  [[nodiscard]] std::uint64_t expect(registry::Sent sent);
  /// Of the link's callback: quick.
  void delivered(std::uint64_t tag);
  /// The message with this tag (0: none) is not tried any more. Of the link's callback: quick. The last one
  /// of a device counts; beyond `most_undelivered` devices the rest is in the log only.
  void given_up(std::uint64_t tag, registry::Undelivered message);
  [[nodiscard]] std::vector<registry::Undelivered> take_undelivered();
  /// Waits for something, `until` or close; then, unless it is closed, `gather` longer for what comes soon
  /// after it. Takes all there is.
  [[nodiscard]] std::vector<registry::Sent> take(Steady::time_point until, Steady::duration gather = {});
  /// What could not be written comes back with the next `take`.
  void put_back(std::vector<registry::Sent> sent);
  void close();

  static constexpr std::size_t most_undelivered = 500;
  [[nodiscard]] bool closed();

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, registry::Sent> on_their_way_;  ///< in the order of their tags, so of their age
  std::vector<registry::Sent> sent_;
  struct GivenUp {
    std::string what;
    Steady::time_point at;
  };
  std::map<std::string, GivenUp> undelivered_;  ///< by device
  std::uint64_t next_tag_ = 1;
  bool closed_ = false;
};

}  // namespace latchkey::service
