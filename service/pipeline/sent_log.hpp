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

/// Tracks the credentials that were sent: from the queued answer to the broker's acknowledgement to the batch
/// that writes `credentials_sent_at`. Some answers are never acknowledged (a full outbox), so beyond `limit`
/// the oldest is dropped. Also keeps the messages that the broker did not accept.
class SentLog {
 public:
  explicit SentLog(std::size_t limit = 100000) : limit_(limit) {}
  /// The tag to publish the answer with; 0 if it is not tracked, because `limit` credentials wait to be
  /// written.
  [[nodiscard]] std::uint64_t expect(registry::Sent sent);
  /// Called by the link's callback, so it returns quickly.
  void delivered(std::uint64_t tag);
  /// The message with this tag (0: none) will not be sent again. Called by the link's callback, so it returns
  /// quickly. The last one of a device counts; beyond `most_undelivered` devices the rest is in the log only.
  void given_up(std::uint64_t tag, registry::Undelivered message);
  [[nodiscard]] std::vector<registry::Undelivered> take_undelivered();
  /// Waits for the first acknowledgement, `until` or `close`; then, unless closed, `gather` longer for more.
  /// Takes all.
  [[nodiscard]] std::vector<registry::Sent> take(Steady::time_point until, Steady::duration gather = {});
  /// Returns what could not be written to the log, for the next `take`.
  void put_back(std::vector<registry::Sent> sent);
  void close();

  static constexpr std::size_t most_undelivered = 500;
  [[nodiscard]] bool closed();

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, registry::Sent> on_their_way_;  ///< ordered by tag and so by age
  std::vector<registry::Sent> sent_;
  struct GivenUp {
    std::string what;
    Steady::time_point at;
  };
  std::map<std::string, GivenUp> undelivered_;  ///< the last one, by device
  std::uint64_t next_tag_ = 1;
  bool closed_ = false;
};

}  // namespace latchkey::service
