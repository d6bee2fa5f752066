#pragma once

#include "registry/model.hpp"
#include "registry/precedence.hpp"

#include <chrono>
#include <expected>
#include <memory>
#include <span>

namespace latchkey::registry {

/// Why a call failed, for callers that treat failures differently.
enum class Failure {
  unavailable,  ///< no connection, a timeout, a server that is shutting down or read-only; nothing was
                ///< written
  in_doubt,     ///< the connection was lost during a commit: load again to see whether it succeeded
  contention,   ///< serialization failure or deadlock: run the batch again
  locked,       ///< another session holds a lock for longer than a batch waits; nothing was written
  too_slow,     ///< the call exceeded its time limit; nothing was written
  poison,       ///< the data of one row was refused: split the batch
  old_schema,   ///< from `check`: the database must be migrated first
};

struct Error {
  Failure failure = Failure::unavailable;
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;

struct ConnectOptions {
  /// Postgresql://... or key=value, everything libpq takes (sslmode, sslrootcert, sslcert ...).
  std::string url;
  crypto::Secret password;
  std::string session = "latchkey";                  ///< the connection's application_name
  std::shared_ptr<Precedence> precedence = nullptr;  ///< nothing: no priorities
  bool first = false;                                ///< this connection has priority
  /// Read at each connect, overrides `password`; empty: none.
  std::string password_file = {};  // NOLINT(readability-redundant-member-init): callers may leave it out

  [[nodiscard]] ConnectOptions clone() const {
    return {url, password.clone(), session, precedence, first, password_file};
  }
  /// True if the connection must be closed for one with priority.
  [[nodiscard]] bool yields() const { return precedence && !first && !precedence->others_may(); }
};

class Session;  // private to registry/

/// One connection to the registry, for one thread. Reconnects by itself after a failure, at most once per
/// half second; until then every call fails at once as `unavailable`. Every call is one statement and one
/// round trip.
class Registry {
 public:
  /// `patience` is the time limit of a call.
  explicit Registry(ConnectOptions options, std::chrono::seconds patience = std::chrono::seconds(5));
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;

  /// Connects if need be and checks that the schema is as new as this program.
  [[nodiscard]] Result<void> check();

  /// Proves that batches can be committed: makes the calls of a batch without rows. Cheap; call it when the
  /// connection is idle.
  [[nodiscard]] Result<void> prove();
  /// The connection's health, by the results of its calls.
  struct Standing {
    std::chrono::steady_clock::time_point committed_at;  ///< the last successful commit, or the epoch
    std::string complaint;                               ///< why a later call failed; empty: none did
  };
  [[nodiscard]] const Standing& standing() const noexcept;
  /// The tracking_id of a committed request that the database does not have, once after the connection to
  /// such a database: a standby that lacks the last commits was promoted, or a backup was restored.
  [[nodiscard]] std::optional<std::string> take_lost();

  /// The sessions whose open transactions may have made a row `busy`.
  [[nodiscard]] Result<std::vector<LockHolder>> lock_holders();

  /// For the calls, declared in requests.hpp, statuses.hpp, ...
  [[nodiscard]] Session& session() noexcept;
  /// From any thread: the call that runs `after` from now fails then, and so does every later one.
  void abandon(std::chrono::milliseconds after = {}) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
