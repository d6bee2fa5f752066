#include "registry/housekeeping.hpp"

#include "database.hpp"
#include "service/operations/housekeeper.hpp"
#include "support/catch.hpp"

#include <sstream>

using namespace latchkey;
using test::Database;

namespace {

/// A row that is beyond its retention, and whether it is still there.
struct Outdated : Database {
  Outdated() {
    run("INSERT INTO registry.attempt_count SELECT now() - interval '3 years', '', 'unauthorized', 1, 1");
  }
  bool is_gone() { return shown("SELECT count(*) FROM registry.attempt_count") == "0"; }
};

}  // namespace

TEST_CASE_METHOD(Outdated, "what is beyond its retention goes although partitions cannot be made",
                 "[housekeeping]") {
  run("ALTER FUNCTION registry.make_partitions() RENAME TO made_before");
  auto service = registry();
  const auto more = maintain(service);
  REQUIRE_FALSE(more);
  CHECK(more.error().what.find("make_partitions") != std::string::npos);
  CHECK(is_gone());
}

TEST_CASE_METHOD(Outdated, "of maintenance that fails twice both failures are reported", "[housekeeping]") {
  run("ALTER FUNCTION registry.make_partitions() RENAME TO made_before");
  run("ALTER FUNCTION registry.maintain() RENAME TO maintained_before");
  auto service = registry();
  const auto more = maintain(service);
  REQUIRE_FALSE(more);
  CHECK(more.error().what.find("registry.make_partitions()") != std::string::npos);
  CHECK(more.error().what.find("registry.maintain()") != std::string::npos);
}

TEST_CASE_METHOD(Outdated, "the registry is maintained although the roots cannot be stored",
                 "[housekeeping]") {
  run("ALTER FUNCTION registry.note_roots(jsonb) RENAME TO noted_before");
  std::ostringstream said;
  service::Log log{service::Log::Options{}, said,
                   [] { return std::chrono::sys_time<std::chrono::milliseconds>(); }};
  service::SentLog sent;
  const protocol::Topics topics;
  bool maintained = false;
  {
    service::Housekeeper housekeeper(sent, topics, options(test::Login::service), log);
    maintained = test::eventually([this] { return is_gone(); });
    sent.close();
  }
  CHECK(maintained);
  CHECK(said.str().find("rights are not checked against the roots") != std::string::npos);
}
