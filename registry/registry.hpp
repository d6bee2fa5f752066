#pragma once

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
  std::string password_file = {};  ///< read at each connection, and goes before `password`; empty: none

  [[nodiscard]] ConnectOptions clone() const {
    return {url, password.clone(), session, precedence, first, password_file};
  }
  /// It has to give its connection back.
  [[nodiscard]] bool yields() const { return precedence && !first && !precedence->others_may(); }
};

class Session;  // private to registry/

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

  /// Whose open transaction may be what made a row `busy`.
  [[nodiscard]] Result<std::vector<LockHolder>> lock_holders();

  /// For the calls, which stand by who makes them: requests.hpp, statuses.hpp, ...
  [[nodiscard]] Session& session() noexcept;
  /// From any thread: the call that runs `after` from now fails then, and so does every later one.
  void abandon(std::chrono::milliseconds after = {}) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
