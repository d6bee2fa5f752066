#include "database.hpp"

#include "crypto/mac.hpp"
#include "registry/migration.hpp"
#include "registry/session.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace latchkey::test {
namespace {

// Any number that nothing else locks: the first case makes logins and template, the others wait for them.
constexpr const char* making_lock = "SELECT pg_advisory_xact_lock(60817263541)";

// From 16 on, who creates a role may not act as it without saying so.
constexpr const char* make_logins = R"(
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'test_owner') THEN
    CREATE ROLE test_owner LOGIN CREATEROLE;
    CREATE ROLE test_service LOGIN;
    CREATE ROLE test_ops LOGIN;
    CREATE ROLE test_reader LOGIN;
    IF current_setting('server_version_num')::int >= 160000 THEN
      ALTER ROLE test_owner SET createrole_self_grant = 'set, inherit';
    END IF;
  END IF;
END $$;
)";
constexpr const char* grant_memberships = R"(
GRANT latchkey_owner TO test_owner;
GRANT latchkey_service TO test_service;
GRANT latchkey_ops, latchkey_admin TO test_ops;
GRANT latchkey_reader TO test_reader;
)";

std::string_view account_of(Login login) {
  static constexpr std::array<std::string_view, 5> accounts = {"postgres", "test_owner", "test_service",
                                                               "test_ops", "test_reader"};
  return accounts.at(static_cast<std::size_t>(login));
}

/// The cluster's address, and the superuser's password, which all the tests' logins have as well.
struct Cluster {
  std::string host_and_port;
  std::string password;
};

Cluster read_cluster() {
  const char* file = std::getenv("LATCHKEY_TEST_ENV");
  if (file == nullptr) throw std::runtime_error("LATCHKEY_TEST_ENV names no file: run these tests by ctest");
  std::ifstream in(file);
  constexpr std::string_view start = "LATCHKEY_TEST_DB_URL=postgresql://postgres:";
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(start)) continue;
    const std::string rest = line.substr(start.size());
    const auto at = rest.find('@');
    return {rest.substr(at + 1, rest.find('/', at) - at - 1), rest.substr(0, at)};
  }
  throw std::runtime_error(std::string("there is no LATCHKEY_TEST_DB_URL in ") + file);
}

const Cluster& cluster() {
  static const Cluster read = read_cluster();
  return read;
}

std::string url_of(Login login, const std::string& database) {
  return "postgresql://" + std::string(account_of(login)) + "@" + cluster().host_and_port + "/" + database;
}

registry::ConnectOptions options_of(Login login, const std::string& database) {
  return {url_of(login, database), crypto::Secret(std::string_view(cluster().password))};
}

std::unique_ptr<pqxx::connection> connection_to(Login login, const std::string& database) {
  return std::make_unique<pqxx::connection>(url_of(login, database) + "?password=" + cluster().password);
}

pqxx::result execute(pqxx::connection& connection, const std::string& sql) {
  pqxx::nontransaction statements(connection);
  return statements.exec(sql);
}

/// Another for another registry: a cluster that was left running stays useful.
std::string template_name() {
  const auto digest = crypto::sha256(crypto::as_bytes(registry::migration_script()));
  return "template_" + crypto::to_hex(digest).substr(0, 16);
}

void make_template(pqxx::connection& connection, const std::string& name) {
  execute(connection, make_logins);
  for (const Login login : {Login::owner, Login::service, Login::ops, Login::reader})
    execute(connection,
            "ALTER ROLE " + std::string(account_of(login)) + " PASSWORD '" + cluster().password + "'");
  execute(connection, "CREATE DATABASE " + name + "_made OWNER test_owner");
  if (auto done = registry::migrate(options_of(Login::owner, name + "_made")); !done)
    throw std::runtime_error("the template could not be migrated: " + done.error().what);
  execute(connection, grant_memberships);
  // Only what is whole has the name that is looked for.
  execute(connection, "ALTER DATABASE " + name + "_made RENAME TO " + name);
}

bool exists(pqxx::connection& connection, const std::string& database) {
  return !execute(connection, "SELECT FROM pg_database WHERE datname = '" + database + "'").empty();
}

std::string ensured_template() {
  static const std::string name = [] {
    std::string wanted = template_name();
    const auto locking = connection_to(Login::superuser, "postgres");
    pqxx::work lock(*locking);
    lock.exec(making_lock);
    const auto making = connection_to(Login::superuser, "postgres");
    if (!exists(*making, wanted)) {
      execute(*making, "DROP DATABASE IF EXISTS " + wanted + "_made WITH (FORCE)");
      make_template(*making, wanted);
    }
    return wanted;
  }();
  return name;
}

std::string line_of(std::string_view text, std::string_view label) {
  const auto start = text.find(label);
  if (start == std::string_view::npos) return {};
  auto line = text.substr(start + label.size());
  line = line.substr(0, line.find('\n'));
  return std::string(line.substr(std::min(line.find_first_not_of(' '), line.size())));
}

}  // namespace

Database::Database() : Database(ensured_template()) {}

Database::Database(const std::string& from_template)
    : name_("case_" + crypto::to_hex(crypto::random_bytes(8))) {
  execute(*connection_to(Login::superuser, "postgres"),
          "CREATE DATABASE " + name_ + " OWNER test_owner TEMPLATE " + from_template);
}

Database Database::empty() {
  static_cast<void>(ensured_template());  // the logins come with it
  return Database("template0");
}

Database::~Database() {
  if (name_.empty()) return;
  for (auto& connection : connections_)
    connection.reset();
  try {
    execute(*connection_to(Login::superuser, "postgres"), "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The cluster goes with all that is in it.
  }
}

registry::ConnectOptions Database::options(Login login) const {
  return options_of(login, name_);
}

std::unique_ptr<pqxx::connection> Database::connect(Login login) const {
  return connection_to(login, name_);
}

pqxx::result Database::run(const std::string& sql, Login login) {
  auto& connection = connections_.at(static_cast<std::size_t>(login));
  if (connection == nullptr) connection = connect(login);
  return execute(*connection, sql);
}

std::string Database::shown(const std::string& sql, Login login) {
  return test::shown(run(sql, login));
}

Refusal Database::refusal(const std::string& sql, Login login) {
  try {
    run(sql, login);
    return {};
  } catch (const pqxx::sql_error& error) {
    return {registry::sqlstate_of(error), line_of(error.what(), "ERROR:"), line_of(error.what(), "HINT:")};
  }
}

std::string shown(const pqxx::result& rows) {
  std::string text;
  for (const auto& row : rows) {
    if (!text.empty()) text += '\n';
    bool first = true;
    for (const auto& field : row) {
      if (!first) text += '|';
      first = false;
      text += field.is_null() ? "-" : field.c_str();
    }
  }
  return text;
}

bool eventually(const std::function<bool()>& so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void check_refused(Database& database, const Wrong& wrong) {
  INFO(wrong.call);
  const auto refusal = database.refusal("SELECT registry." + wrong.call, Login::ops);
  CHECK(refusal.state == wrong.state);
  CHECK(refusal.message.find(wrong.message) != std::string::npos);
  CHECK_FALSE(refusal.hint.empty());
}

}  // namespace latchkey::test
