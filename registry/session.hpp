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

  /// Runs `SELECT * FROM registry.<function>($1)` in autocommit: one round trip.
  [[nodiscard]] Result<pqxx::result> call(const char* function, const std::string& json, bool committing);
  [[nodiscard]] Result<pqxx::result> query(const char* sql);
  /// From any thread: the call that runs fails, and so does every later one.
  void abandon() noexcept { deadline_->give_up(); }

 private:
  [[nodiscard]] Result<void> connect();
  void set_limits();
  void prepare(const std::string& function);
  template <class Run>
  [[nodiscard]] Result<pqxx::result> run(bool committing, const Run& body);

  ConnectOptions options_;
  std::chrono::seconds patience_;
  std::unique_ptr<pqxx::connection> connection_;
  std::set<std::string> prepared_;  ///< on this connection
  std::chrono::steady_clock::time_point next_attempt_;
  std::unique_ptr<Deadline> deadline_;
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
