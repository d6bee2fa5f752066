#include "database.hpp"
#include "registry/operator_session.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <latch>
#include <thread>

using namespace latchkey;
using registry::DecidedRequest;
using registry::Failure;
using registry::Outcome;
using registry::Registry;
using test::Database;
using test::eventually;
using test::Login;
using Steady = std::chrono::steady_clock;

namespace {

constexpr const char* waiting_backends =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'latchkey' "
    "AND "
    "wait_event_type = 'Lock'";
constexpr const char* end_backends =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
    "application_name = "
    "'latchkey'";

/// A lock that a call has to wait for, held until it goes.
class Blocker {
 public:
  Blocker(const Database& database, const std::string& sql)
      : connection_(database.connect(Login::superuser)), transaction_(*connection_) {
    transaction_.exec(sql);
  }

 private:
  std::unique_ptr<pqxx::connection> connection_;
  pqxx::work transaction_;
};

registry::Result<std::vector<Outcome>> commit(Registry& registry, const DecidedRequest& row) {
  return commit_requests(registry, std::span(&row, 1));
}

DecidedRequest rotation(std::string_view request) {
  return test::accepted({.device = "12345", .request = request, .expected = 1, .to_registered = false});
}

bool loads(Registry& registry) {
  const std::vector keys = {test::key_of("12345")};
  return load_requests(registry, keys).has_value();
}

/// A port of this machine where nobody listens until `listen`.
class Port {
 public:
  Port() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    number_ = ntohs(address.sin_port);
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port() { ::close(socket_); }
  void listen() const { REQUIRE(::listen(socket_, 5) == 0); }
  [[nodiscard]] bool was_called() const {
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int socket_;
  int number_ = 0;
};

/// Of a connection, that is: later ones are faster.
std::chrono::microseconds duration_of_first_commit(const Database& database) {
  Registry registry = database.registry();
  REQUIRE(registry.check());
  const auto start = Steady::now();
  test::register_devices(registry, {"measured"});
  return std::chrono::floor<std::chrono::microseconds>(Steady::now() - start);
}

/// Ends the service's backends a moment after the call began: a moment that the caller varies.
std::jthread killer(const Database& database, std::latch& start, std::chrono::microseconds after) {
  auto connection = std::shared_ptr<pqxx::connection>(database.connect(Login::superuser));
  return std::jthread([&start, after, connection] {
    pqxx::nontransaction killing(*connection);
    start.arrive_and_wait();
    const auto at = Steady::now() + after;
    while (Steady::now() < at)
      std::this_thread::yield();
    killing.exec(end_backends);
  });
}

}  // namespace

TEST_CASE("a commit whose backend is ended while it runs is in doubt, and the next call has a new connection",
          "[failure]") {
  Database database;
  Registry registry = database.registry();
  test::register_devices(registry, {"12345"});
  std::optional<Blocker> blocker(std::in_place, database, "SELECT FROM registry.device FOR UPDATE");
  auto running = std::async(std::launch::async, [&] { return commit(registry, rotation("second")); });
  REQUIRE(eventually([&] { return !database.run(waiting_backends).empty(); }));
  database.run(end_backends);
  const auto outcome = running.get();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::in_doubt);
  blocker.reset();

  REQUIRE(eventually([&] { return loads(registry); }));
  CHECK_FALSE(test::load_one(registry, test::key_of("12345", "second")).same_request);
  CHECK(test::commit_one(registry, rotation("second")) == Outcome::won);
}

TEST_CASE("a load whose backend is ended while it runs is unavailable", "[failure]") {
  Database database;
  Registry registry = database.registry();
  test::register_devices(registry, {"12345"});
  const std::vector keys = {test::key_of("12345")};
  std::optional<Blocker> blocker(std::in_place, database, "LOCK TABLE registry.credential");
  auto running = std::async(std::launch::async, [&] { return load_requests(registry, keys); });
  REQUIRE(eventually([&] { return !database.run(waiting_backends).empty(); }));
  database.run(end_backends);
  const auto loaded = running.get();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().failure == Failure::unavailable);
  CHECK(loaded.error().what.contains("terminating connection due to administrator command"));
  blocker.reset();
  CHECK(eventually([&] { return loads(registry); }));
}

TEST_CASE("an operator's command whose backend is ended says so in the server's words", "[failure]") {
  const Database database;
  auto session = registry::OperatorSession::open(database.options(Login::ops));
  REQUIRE(session);
  const auto table =
      session->run("SELECT pg_terminate_backend(pg_backend_pid())", {}, std::chrono::seconds(5));
  REQUIRE_FALSE(table);
  CHECK(table.error().kind == registry::AdminError::Kind::unavailable);
  CHECK(table.error().what.contains("terminating connection due to administrator command"));
}

TEST_CASE("a server that hangs fails a call in time, and the next call has a new connection", "[failure]") {
  Database database;
  Registry registry = database.registry();
  test::register_devices(registry, {"12345"});
  const auto backends = database.run(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = "
      "'latchkey'");
  REQUIRE(backends.size() == 1);
  const auto backend = backends[0][0].as<pid_t>();
  REQUIRE(::kill(backend, SIGSTOP) == 0);
  const auto began = Steady::now();
  const auto outcome = commit(registry, rotation("second"));
  CHECK(Steady::now() - began < std::chrono::seconds(9));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::in_doubt);
  CHECK(eventually([&] { return loads(registry); }));
  REQUIRE(::kill(backend, SIGCONT) == 0);
}

TEST_CASE("a connection that was ended while nobody used it fails one call and is then made anew",
          "[failure]") {
  Database database;
  Registry registry = database.registry();
  test::register_devices(registry, {"12345"});
  database.run(end_backends);
  REQUIRE(eventually([&] {
    return database
        .run(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = "
            "'latchkey'")
        .empty();
  }));
  const auto outcome = commit(registry, rotation("second"));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::in_doubt);
  REQUIRE(eventually([&] { return loads(registry); }));
  // Its deadlines and prepared statements are there again.
  CHECK(test::commit_one(registry, rotation("second")) == Outcome::won);
}

TEST_CASE("a commit in doubt happened or did not, and a load tells which", "[failure]") {
  Database database;
  const auto usual = duration_of_first_commit(database);
  for (int round = 0; round < 30; ++round) {
    const std::string device = "device-" + std::to_string(round);
    const auto row = test::accepted({.device = device});
    Registry registry = database.registry();
    REQUIRE(registry.check());
    std::latch start(2);
    auto killing = killer(database, start, usual * round / 20);
    start.arrive_and_wait();
    const auto outcome = commit(registry, row);
    killing.join();

    Registry after = database.registry();
    const auto facts = test::load_one(after, test::key_of(device));
    INFO("round " << round << ": " << (outcome ? "committed" : outcome.error().what));
    if (outcome) CHECK(outcome->front() == Outcome::won);
    if (outcome) CHECK(facts.same_request);
    if (!outcome) CHECK(outcome.error().failure == Failure::in_doubt);
    CHECK(facts.device.has_value() == facts.same_request.has_value());
    // The same batch again: whatever happened, there is one registration now, and it is this one.
    CHECK(test::commit_one(after, row) == (facts.device ? Outcome::again : Outcome::won));
    CHECK(test::load_one(after, test::key_of(device)).same_request->certificate ==
          row.registration->credential.certificate);
  }
  CHECK(database.shown("SELECT count(*), max(generation) FROM registry.device") == "31|1");
  CHECK(database.shown("SELECT count(*) FROM registry.credential") == "31");
  CHECK(database.shown("SELECT count(*) FROM registry.event") == "31");
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "31");
}

TEST_CASE("a deadlock is contention, and the connection goes on", "[failure]") {
  Database database;
  // Before the service would give way by itself.
  database.run("ALTER DATABASE " + database.name() + " SET deadlock_timeout = '50ms'");
  Registry registry = database.registry();
  test::register_devices(registry, {"a", "b"});
  const auto connection = database.connect(Login::superuser);
  pqxx::work other(*connection);
  // Against the order that every call keeps; and patient, so that the service's call is the victim.
  other.exec("SET LOCAL deadlock_timeout = '1min'");
  other.exec("SELECT FROM registry.device WHERE device_id = 'b' FOR UPDATE");
  const std::vector rows = {
      test::accepted({.device = "a", .request = "second", .expected = 1, .to_registered = false}),
      test::accepted({.device = "b", .request = "second", .expected = 1, .to_registered = false})};
  auto running = std::async(std::launch::async, [&] { return commit_requests(registry, rows); });
  REQUIRE(eventually([&] { return !database.run(waiting_backends).empty(); }));
  other.exec("SELECT FROM registry.device WHERE device_id = 'a' FOR UPDATE");
  const auto outcomes = running.get();
  REQUIRE_FALSE(outcomes);
  CHECK(outcomes.error().failure == Failure::contention);
  other.abort();
  const auto second = commit_requests(registry, rows);
  REQUIRE(second);
  CHECK(*second == std::vector{Outcome::won, Outcome::won});
}

TEST_CASE("in a deadlock with an operator the service gives way", "[failure]") {
  Database database;
  Registry registry = database.registry();
  test::register_devices(registry, {"a", "b"});
  const auto connection = database.connect(Login::ops);
  pqxx::work other(*connection);
  other.exec("SELECT registry.suspend('b', 'why')");
  const std::vector rows = {
      test::accepted({.device = "a", .request = "second", .expected = 1, .to_registered = false}),
      test::accepted({.device = "b", .request = "second", .expected = 1, .to_registered = false})};
  auto running = std::async(std::launch::async, [&] { return commit_requests(registry, rows); });
  static_cast<void>(eventually([&] { return !database.run(waiting_backends).empty(); }));
  other.exec("SELECT registry.suspend('a', 'why')");
  const auto outcomes = running.get();
  other.commit();
  REQUIRE(outcomes);
  CHECK(outcomes->at(1) == Outcome::busy);
  CHECK(database.shown("SELECT count(*) FROM registry.device WHERE state = 'suspended'") == "2");
}

TEST_CASE("a call that waits for a lock gives up within its deadline, and nothing was written", "[failure]") {
  Database database;
  Registry registry = database.registry();
  test::register_devices(registry, {"12345"});
  std::optional<Blocker> blocker(std::in_place, database, "SELECT FROM registry.device FOR UPDATE");
  const auto start = Steady::now();
  const auto outcome = commit(registry, rotation("second"));
  CHECK(Steady::now() - start < std::chrono::milliseconds(1500));
  REQUIRE(outcome);
  CHECK(*outcome == std::vector{Outcome::busy});
  blocker.reset();
  REQUIRE(eventually([&] { return loads(registry); }));
  CHECK_FALSE(test::load_one(registry, test::key_of("12345", "second")).same_request);
}

TEST_CASE("a server that turned read-only is unavailable, and nothing is refused for it", "[failure]") {
  Database database;
  database.run("ALTER DATABASE " + database.name() + " SET default_transaction_read_only = on");
  Registry registry = database.registry();
  CHECK(loads(registry));
  const auto outcome = commit(registry, test::accepted({.device = "12345"}));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::unavailable);
  database.run("ALTER DATABASE " + database.name() + " RESET default_transaction_read_only");
  CHECK(eventually([&] { return commit(registry, test::accepted({.device = "12345"})).has_value(); }));
}

TEST_CASE("an unreachable server is asked once, and within the pause every call is unavailable at once",
          "[failure]") {
  const Port port;
  Registry registry({"postgresql://latchkey@127.0.0.1:" + std::to_string(port.number()) + "/latchkey", {}});
  const auto first = registry.check();
  REQUIRE_FALSE(first);
  CHECK(first.error().failure == Failure::unavailable);
  port.listen();
  const auto outcome = commit(registry, test::accepted({.device = "12345"}));
  REQUIRE_FALSE(outcome);
  // Nothing was sent, so there is no doubt.
  CHECK(outcome.error().failure == Failure::unavailable);
  CHECK_FALSE(loads(registry));
  CHECK_FALSE(port.was_called());
}

TEST_CASE(
    "a login without its rights is unavailable and no doubt: an operator has to act, and nothing was written",
    "[failure]") {
  Database database;
  database.run("REVOKE EXECUTE ON FUNCTION registry.commit_requests FROM latchkey_service", Login::owner);
  Registry registry = database.registry();
  const auto outcome = commit(registry, test::accepted({.device = "12345"}));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().failure == Failure::unavailable);
}

TEST_CASE("a wrong password is unavailable, and is not in what is said", "[failure]") {
  const Database database;
  auto options = database.options(Login::service);
  options.password = crypto::Secret(std::string_view("not-the-password"));
  const auto checked = Registry(std::move(options)).check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().failure == Failure::unavailable);
  CHECK(checked.error().what.find("not-the-password") == std::string::npos);
}

TEST_CASE("any character may stand in a password, in a URL and in key=value form", "[failure]") {
  Database database;
  const std::string password = R"(a '"\%/?&=#:@ ü)";
  database.run("CREATE ROLE " + database.name() + " LOGIN IN ROLE latchkey_service PASSWORD " +
               pqxx::nontransaction(*database.connect(Login::superuser)).quote(password));
  const auto reachable = [&](const std::string& url) {
    Registry registry({url, crypto::Secret(std::string_view(password))});
    const auto checked = registry.check();
    INFO((checked ? "" : checked.error().what));
    CHECK(checked);
  };
  const std::string url = database.options(Login::service).url;
  const std::string address = url.substr(url.find('@') + 1);
  const std::string host_and_port = address.substr(0, address.find('/'));
  const std::string port = host_and_port.substr(host_and_port.find(':') + 1);
  reachable("postgresql://" + database.name() + "@" + address);
  reachable("postgresql://" + database.name() + "@" + address + "?connect_timeout=5");
  reachable("host=127.0.0.1 port=" + port + " dbname=" + database.name() + " user=" + database.name());
  database.run("DROP ROLE " + database.name());
}
