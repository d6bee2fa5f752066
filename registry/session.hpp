#pragma once

// Private to this folder: connections by libpqxx.

#include "registry/deadline.hpp"
#include "registry/registry.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace latchkey::registry {

/// Opens a connection with libpq's timeouts, and wipes our text with the password (libpqxx and libpq keep
/// copies). Throws libpqxx's exceptions. Open connections only by this.
[[nodiscard]] std::unique_ptr<pqxx::connection> open_connection(const ConnectOptions& options);

/// The error text of a call that exceeded its deadline.
[[nodiscard]] std::string no_answer(std::chrono::milliseconds limit);

/// The SQLSTATE; empty: the server did not send one. libpqxx 6 loses that of a missing permission, and its
/// errors for a deadlock and for a serialization failure are no sql_error.
[[nodiscard]] std::string sqlstate_of(const std::exception& error);
/// `what` an exception said, or what the server said last on the connection: if a connection is lost, libpqxx
/// 6 says only that it could not obtain the client encoding.
[[nodiscard]] std::string in_the_servers_words(const pqxx::connection& connection, std::string what);
/// Converts the current exception into an Error. Call inside a catch block.
[[nodiscard]] Error classify_current_exception(bool committing);

/// The service's connection: opened when needed, closed after a failure of the connection. (libpqxx 6 would
/// reconnect by itself and lose prepared statements.)
class Session {
 public:
  /// `patience` is the statement_timeout; after one more second the connection is closed.
  Session(ConnectOptions options, std::chrono::seconds patience);
  ~Session() { lacks_connection(false); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs `SELECT * FROM registry.<function>($1)` in autocommit: one round trip.
  [[nodiscard]] Result<pqxx::result> call(const char* function, const std::string& json, bool committing);
  [[nodiscard]] Result<pqxx::result> query(const char* sql, bool committing = false);
  /// Call after a call that was too slow: limits the calls of the next minute to a tenth of the time, so that
  /// other batches do not wait as long.
  void shorten_limits();
  [[nodiscard]] const Registry::Standing& standing() const noexcept { return standing_; }
  /// Remembers that this request was committed: each later connection checks that its server has it.
  void remember(std::string tracking_id);
  /// Set once after a connection to a server that lacks the remembered request.
  [[nodiscard]] std::optional<std::string> take_lost() { return std::exchange(lost_, std::nullopt); }
  /// Records the error in `standing` and returns it.
  [[nodiscard]] Error recorded(Error error);
  /// A call that runs `after` from now fails then, and so does every later one. Thread-safe.
  void abandon(std::chrono::milliseconds after) noexcept { deadline_->expire(after); }

 private:
  [[nodiscard]] Result<void> connect();
  void lacks_connection(bool lacks);
  void set_limits();
  void check_history();
  void set_time();
  void prepare(const std::string& function);
  [[nodiscard]] std::chrono::milliseconds call_limit() const;
  template <class Run>
  [[nodiscard]] Result<pqxx::result> attempt(bool committing, const Run& body);
  template <class Run>
  [[nodiscard]] Result<pqxx::result> run(bool committing, const Run& body);

  ConnectOptions options_;
  std::chrono::seconds patience_;
  std::unique_ptr<pqxx::connection> connection_;
  std::set<std::string> prepared_;  ///< the functions prepared on this connection
  std::chrono::steady_clock::time_point next_attempt_;
  std::chrono::steady_clock::time_point short_limits_until_;
  bool has_short_limits_ = false;  ///< the server has the shorter statement_timeout
  std::unique_ptr<Deadline> deadline_;
  Registry::Standing standing_;
  std::string remembered_;  ///< the last committed request; empty: none
  std::chrono::steady_clock::time_point remembered_at_;
  std::optional<std::string> lost_;
  bool lacks_connection_ = false;  ///< counted as missing in `precedence`
};

/// bytea in its hexadecimal text form.
[[nodiscard]] crypto::Bytes bytes_of(const pqxx::field& field);
[[nodiscard]] std::string hex_of(crypto::ByteView bytes);

inline std::optional<std::string> optional_text(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str());
}
inline std::string text_or(const pqxx::field& field, const char* otherwise) {
  return field.is_null() ? otherwise : field.c_str();
}
inline std::int64_t integer_or(const pqxx::field& field, std::int64_t otherwise) {
  return field.is_null() ? otherwise : field.as<std::int64_t>();
}
inline bool is_true(const pqxx::field& field) {
  return !field.is_null() && *field.c_str() == 't';
}

}  // namespace latchkey::registry
