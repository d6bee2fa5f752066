#pragma once

#include "registry/broker_access.hpp"
#include "registry/model.hpp"
#include "registry/precedence.hpp"

#include <chrono>
#include <expected>
#include <memory>
#include <span>

namespace latchkey::registry {

/// Why a call failed, as far as the caller acts differently.
enum class Failure {
  unavailable,  ///< no connection, a time-out, a server that is shutting down or read-only; nothing was
                ///< written
  in_doubt,     ///< the connection went while a commit ran: load again and see
  contention,   ///< serialization failure or deadlock: run the batch again
  locked,       ///< somebody else holds a lock for longer than a batch waits; nothing was written
  too_slow,     ///< it took longer than a call may; nothing was written
  poison,       ///< the data of one row was refused: split the batch
  old_schema,   ///< `check`: the database has to be migrated first
};

struct Error {
  Failure failure = Failure::unavailable;
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;

struct ConnectOptions {
  std::string
      url;  ///< postgresql://... or key=value, everything libpq takes (sslmode, sslrootcert, sslcert ...)
  crypto::Secret password;
  std::string session = "latchkey";  ///< what the database calls the connection: its application_name
  std::shared_ptr<Precedence> precedence = nullptr;  ///< nothing: it waits for nobody
  bool first = false;                                ///< it is one of those that come first

  [[nodiscard]] ConnectOptions clone() const { return {url, password.clone(), session, precedence, first}; }
  /// It has to give its connection back.
  [[nodiscard]] bool yields() const { return precedence && !first && !precedence->others_may(); }
};

// registry/page.hpp
struct FunnelDay;
struct Overview;
struct DeviceHistory;

struct LoadedRequests {
  Clock now;
  std::vector<RequestFacts> facts;  ///< in the order of the keys
};

struct LoadedStatuses {
  Clock now;
  std::vector<StatusFacts> facts;
};

/// One connection to the registry, for one thread. Made anew by itself after a failure, at most once per half
/// second; in between every call is `unavailable` at once. Every call is one statement and one round trip.
class Registry {
 public:
  /// `patience`: how long a call may take.
  explicit Registry(ConnectOptions options, std::chrono::seconds patience = std::chrono::seconds(5));
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;

  /// Connects if need be and checks that the schema is as new as this program.
  [[nodiscard]] Result<void> check();

  /// Goes the way of a batch without a row and commits, so that what would keep a batch from being committed
  /// keeps this. Cheap: for a connection that has nothing else to do.
  [[nodiscard]] Result<void> prove();
  /// What the calls so far tell of the connection.
  struct Standing {
    std::chrono::steady_clock::time_point committed_at;  ///< by the last commit that succeeded; or the epoch
    std::string complaint;                               ///< why a call failed after that; empty: none did
  };
  [[nodiscard]] const Standing& standing() const noexcept;

  [[nodiscard]] Result<LoadedRequests> load_requests(std::span<const RequestKey> keys);
  /// One transaction. A device at most once in `rows`. Outcomes in their order. What somebody else has locked
  /// is waited for, 200 ms at most; then the others are written without it.
  [[nodiscard]] Result<std::vector<Outcome>> commit_requests(std::span<const DecidedRequest> rows);

  [[nodiscard]] Result<LoadedStatuses> load_statuses(std::span<const StatusKey> keys);
  [[nodiscard]] Result<std::vector<Outcome>> commit_statuses(std::span<const DecidedStatus> rows);

  /// Sets `credentials_sent_at` where it is still empty. `busy`: not yet, say it again.
  [[nodiscard]] Result<std::vector<Outcome>> mark_sent(std::span<const Sent> rows);
  /// Whose open transaction may be what made a row `busy`.
  [[nodiscard]] Result<std::vector<LockHolder>> lock_holders();
  [[nodiscard]] Result<BrokerAccess> load_broker_access();
  /// Sets `broker_applied_at` where it is still empty.
  [[nodiscard]] Result<void> broker_applied(std::span<const AppliedAccess> rows);
  /// The broker looks rights up by itself: what operators changed counts as applied.
  [[nodiscard]] Result<void> access_looked_up();
  /// Whether `load_revoked` would give other revoked certificates than before; cheaper.
  [[nodiscard]] Result<RevocationState> revocation_state();
  [[nodiscard]] Result<std::vector<RevokedCertificate>> load_revoked();
  /// Devices whose configuration has to be worked out, or sent again: for this caller for some seconds.
  [[nodiscard]] Result<std::vector<protocol::DeviceId>> claim_configs();
  [[nodiscard]] Result<std::vector<Outcome>> commit_configs(std::span<const DecidedConfig> rows);
  /// One step of a group's or the fleet's change through its devices; false when there is none under way.
  [[nodiscard]] Result<bool> walk_config_change();
  struct Nudges {
    Clock now;
    std::vector<Nudge> rows;
  };
  /// Whom to tell that an operator decided; each is handed out once.
  [[nodiscard]] Result<Nudges> claim_nudges();
  [[nodiscard]] Result<void> note_links(std::span<const LinkLife> links);
  [[nodiscard]] Result<void> note_undelivered(std::span<const Undelivered> messages);

  /// How many devices there are in each state. Reads them all: for a thread that nobody waits for.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> count_devices();
  /// The last 30 days, the oldest first. Reads the devices of these days.
  [[nodiscard]] Result<std::vector<FunnelDay>> count_funnel();
  /// For the fleet page: a few rows each, by indexes, in two or three statements.
  [[nodiscard]] Result<Overview> overview();
  [[nodiscard]] Result<DeviceHistory> history(const protocol::DeviceId& id);
  /// Makes partitions ahead and removes a portion of what retention lets go: at start and hourly. True: there
  /// is more.
  [[nodiscard]] Result<bool> maintain();
  /// Counts a large registry for the views that sum it up, which takes it seconds: hourly, by a registry of
  /// its own with more patience.
  [[nodiscard]] Result<void> summarize();
  /// From any thread: the call that runs `after` from now fails then, and so does every later one.
  void abandon(std::chrono::milliseconds after = {}) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
