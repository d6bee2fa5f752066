#pragma once

#include "protocol/code.hpp"
#include "protocol/status.hpp"
#include "protocol/topics.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::service {

/// The timed steps of a request. `wait` is timed for each message, the others for each batch.
enum class Stage { wait, decode, load, decide, commit, answer };

/// Why a message was dropped without an answer.
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

/// The metrics for Prometheus, made once and passed down like the log. All series are made at the start, so
/// that counting does not allocate and unused counters show zero. No label value comes from a device.
/// Thread-safe.
class Metrics {
 public:
  using Duration = std::chrono::steady_clock::duration;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Counts an answer given to the link, `since_received` after its request. `code` is empty unless rejected
  /// or retry.
  void answered(protocol::Status status, std::string_view code, Duration since_received);
  void issued(std::string_view credential_type);
  /// Counts a status; `counts`: it belonged to the open session and a valid credential.
  void status(protocol::StatusKind kind, bool counts);
  void batch(protocol::Channel channel, std::size_t size);
  void took(Stage stage, Duration duration);
  void shed();
  void dropped(Dropped why);
  void broker_ready();
  void broker_failed();
  /// The broker's access list could not be read, or the broker refused a command.
  void broker_access_failed();
  void crl_written(std::chrono::sys_seconds next_update, std::size_t entries);
  void crl_failed();

  // Gauges, set from time to time.
  struct Queues {
    std::size_t inbox_messages = 0;
    std::size_t inbox_bytes = 0;
    std::size_t outbox_messages = 0;
  };
  void set(const Queues& queues);
  void set_broker_up(bool up);
  void set_broker_access_up(bool up);
  /// How many entries (passwords and denied devices) the broker's access list has.
  void set_broker_entries(std::size_t count);
  void set_database_up(bool up);
  /// The database lacks what it had committed.
  void lost_commit();
  /// When the registry was last polled for operators' changes.
  void polled(std::chrono::sys_seconds at);
  /// Devices by state, each of the registry's states at most once; a state that is missing has no device. A
  /// gauge goes from one count to the next: a scrape between them never sees a 0 that was not counted.
  void set_devices(const std::vector<std::pair<std::string, std::int64_t>>& counts);
  /// Rows in default partitions, by table.
  void set_default_rows(const std::vector<std::pair<std::string, std::int64_t>>& counts);
  void set_certificate_end(const std::string& certificate, std::chrono::sys_seconds not_after);
  void set_version(const std::string& version);

  /// All metrics in the text format of Prometheus.
  [[nodiscard]] std::string text() const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

/// Calls `act`, records how long it took, and returns its result.
template <class Act>
auto timed(Metrics& metrics, Stage stage, const Act& act) {
  const auto from = std::chrono::steady_clock::now();
  auto result = act();
  metrics.took(stage, std::chrono::steady_clock::now() - from);
  return result;
}

}  // namespace latchkey::service
