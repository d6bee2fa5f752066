#include "registry/condition.hpp"

#include "support/catch.hpp"

using namespace latchkey;
using registry::session_name;
using registry::shared_client_ids;

TEST_CASE("two instances with one client id are found by their sessions, replicas with two are not") {
  const std::vector<std::string> sessions = {
      session_name("@one", "aaaaaaaa"), session_name("@two", "bbbbbbbb"), session_name("@two", "cccccccc"),
      session_name("@one", "aaaaaaaa")};
  CHECK(shared_client_ids(sessions) == std::vector<std::string>{"@two"});
}

TEST_CASE("sessions of other programs are nobody's client id") {
  CHECK(shared_client_ids({"psql", "latchkey", "latchkey doctor", "latchkey doctor", ""}).empty());
}

TEST_CASE("a long client id is still one's own in the 63 bytes that PostgreSQL keeps") {
  const std::string prefix(60, 'x');
  const std::string one = session_name(prefix + "1", "aaaaaaaa");
  const std::string other = session_name(prefix + "2", "bbbbbbbb");
  CHECK(one.size() <= 63);
  CHECK(shared_client_ids({one, other}).empty());
  CHECK(shared_client_ids({one, session_name(prefix + "1", "bbbbbbbb")}).size() == 1);
}
