#pragma once

#include "registry/administration.hpp"
#include "registry/registry.hpp"

#include <pqxx/pqxx>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::test {

/// Who connects: each a login of its own in one of the registry's roles.
enum class Login { superuser, owner, service, ops, reader };

/// What an operator reads when a statement is refused. Empty: it was not.
struct Refusal {
  std::string state;
  std::string message;
  std::string hint;
};

/// A database of the case's own in the tests' cluster, gone when the case ends: so cases run in any order and
/// side by side.
class Database {
 public:
  /// Migrated: a copy of a template that the first case in a cluster makes.
  Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Database(Database&&) = default;
  Database& operator=(Database&&) = delete;
  ~Database();
  /// Without a schema. The roles are there: they belong to the cluster.
  [[nodiscard]] static Database empty();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] registry::ConnectOptions options(Login login) const;
  [[nodiscard]] registry::Registry registry() const { return registry::Registry(options(Login::service)); }
  [[nodiscard]] std::unique_ptr<pqxx::connection> connect(Login login) const;

  /// Runs statements in autocommit, by this database's own connection for that login.
  pqxx::result run(const std::string& sql, Login login = Login::superuser);
  /// What a query shows: columns divided by |, rows by line feeds, NULL as -.
  std::string shown(const std::string& sql, Login login = Login::superuser);
  Refusal refusal(const std::string& sql, Login login);

 private:
  explicit Database(const std::string& from_template);

  std::string name_;
  std::array<std::unique_ptr<pqxx::connection>, 5> connections_;
};

[[nodiscard]] std::string shown(const pqxx::result& rows);

/// A wrong call of an operator's function.
struct Wrong {
  std::string call;
  std::string state;    ///< SQLSTATE
  std::string message;  ///< is in the message
};
/// It is refused so, and the refusal says what to do.
void check_refused(Database& database, const Wrong& wrong);

/// Looks again and again until it is so, for at most ten seconds.
[[nodiscard]] bool eventually(const std::function<bool()>& so);

}  // namespace latchkey::test
