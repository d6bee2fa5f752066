#pragma once

// Private to this folder: the one place that knows libpqxx.

#include "registry/deadline.hpp"
#include "registry/registry.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace latchkey::registry {

/// The one way to a connection: with deadlines that libpq keeps, and nothing left of the text that the
/// password was part of (libpqxx and libpq have copies of their own). Throws as libpqxx does.
[[nodiscard]] std::unique_ptr<pqxx::connection> open_connection(const ConnectOptions& options);

/// What is said of a call that its deadline ended.
[[nodiscard]] std::string no_answer(std::chrono::milliseconds limit);

/// libpqxx 6 forgets that of a missing permission.
[[nodiscard]] std::string sqlstate_of(const pqxx::sql_error& error);
/// Sorts an exception by what the caller does about it. To be called inside a catch block.
[[nodiscard]] Error classify_current_exception(bool committing);

/// The service's connection: made when needed, thrown away after any failure of the connection itself.
/// libpqxx 6 would reconnect by itself and lose what was prepared.
class Session {
 public:
  /// A statement has `patience` on the server, and a second more until its connection is given up.
  Session(ConnectOptions options, std::chrono::seconds patience);
  ~Session() { lacks_connection(false); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs `SELECT * FROM registry.<function>($1)` in autocommit: one round trip.
  [[nodiscard]] Result<pqxx::result> call(const char* function, const std::string& json, bool committing);
  [[nodiscard]] Result<pqxx::result> query(const char* sql, bool committing = false);
  /// A call took too long: for a minute each gets a tenth of the time, so that others do not wait as long.
  void hurry();
  [[nodiscard]] const Registry::Standing& standing() const noexcept { return standing_; }
  /// The same error, which the standing tells of from now on.
  [[nodiscard]] Error noted(Error error);
  /// From any thread: the call that runs `after` from now fails then, and so does every later one.
  void abandon(std::chrono::milliseconds after) noexcept { deadline_->give_up(after); }

 private:
  [[nodiscard]] Result<void> connect();
  void lacks_connection(bool lacks);
  void set_limits();
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
  std::set<std::string> prepared_;  ///< on this connection
  std::chrono::steady_clock::time_point next_attempt_;
  std::chrono::steady_clock::time_point hurried_until_;
  bool hurried_ = false;  ///< this connection knows
  std::unique_ptr<Deadline> deadline_;
  Registry::Standing standing_;
  bool lacks_connection_ = false;  ///< and those that come after this one wait
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
