#pragma once

#include "protocol/code.hpp"
#include "protocol/status.hpp"
#include "protocol/topics.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::service {

/// The steps of a request that are timed. `wait` is of a message, the others of a batch.
enum class Stage { wait, decode, load, decide, commit, answer };

/// Why a message went no further, unanswered.
enum class Dropped {
  retained,
  too_large,
  bad_topic,
  inbox_full,
  outbox_full,
  bad_status,
  broker_not_ready,
  old_status,
  refused_by_broker
};

/// What is counted, for Prometheus. Made once and passed down like the log. Every series is made at the
/// start, so that counting allocates nothing and a scrape shows a zero where nothing happened yet. No label
/// is ever taken from a device. May be used from several threads.
class Metrics {
 public:
  using Duration = std::chrono::steady_clock::duration;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// An answer was handed over, this long after its request came in. `code` is empty unless rejected or
  /// retry.
  void answered(protocol::Status status, std::string_view code, Duration since_received);
  void issued(std::string_view credential_type);
  /// A status of a device; `counts`: it belonged to the open session and a live credential.
  void status(protocol::StatusKind kind, bool counts);
  void batch(protocol::Channel channel, std::size_t size);
  void took(Stage stage, Duration duration);
  void shed();
  void dropped(Dropped why);
  void broker_ready();
  void broker_failed();
  /// The broker's access list could not be compared, or a command for it was refused.
  void broker_access_failed();
  void crl_written(std::chrono::sys_seconds next_update, std::size_t entries);
  void crl_failed();

  // Levels, set by who looks at them from time to time.
  struct Queues {
    std::size_t inbox_messages = 0;
    std::size_t inbox_bytes = 0;
    std::size_t outbox_messages = 0;
  };
  void set(const Queues& queues);
  void set_broker_up(bool up);
  void set_broker_access_up(bool up);
  /// Passwords and kept out devices in the broker's own list.
  void set_broker_entries(std::size_t count);
  void set_database_up(bool up);
  /// Everything that operators may have changed was looked for.
  void looked(std::chrono::sys_seconds at);
  /// All states to zero.
  void clear_devices();
  /// `state` is one of the registry's states; another is not counted.
  void set_devices(std::string_view state, std::int64_t count);
  void set_certificate_end(const std::string& certificate, std::chrono::sys_seconds not_after);
  void set_version(const std::string& version);

  /// All of it in the text format of Prometheus.
  [[nodiscard]] std::string text() const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

/// What `act` returns; how long it took goes to the metrics.
template <class Act>
auto timed(Metrics& metrics, Stage stage, const Act& act) {
  const auto from = std::chrono::steady_clock::now();
  auto result = act();
  metrics.took(stage, std::chrono::steady_clock::now() - from);
  return result;
}

}  // namespace latchkey::service
