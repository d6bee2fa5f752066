#include "reason_case.hpp"

using namespace latchkey;
using test::Database;

TEST_CASE("of a device that floods, a batch decides one request, and the others fare like it", "[rates]") {
  Database database;
  test::ReasonCase flood(database, registry::Reason::too_many_credentials);
  flood.enroll_group_key();
  flood.act("set_group_policy('" + flood.id + "', '{\"credentials_per_hour\": 1}', 'why')");
  for (const std::string which : {"first", "second"}) {
    flood.request.request_id = test::request_id(which);
    flood.ask_in_group();
  }
  REQUIRE(database.shown("SELECT generation FROM registry.device") == "2");
  std::vector<service::Inbound> batch;
  for (int n = 0; n < 20; ++n) {
    flood.request.request_id = test::request_id("flood-" + std::to_string(n));
    const auto key = protocol::device_key(crypto::as_bytes(test::group_key), flood.id);
    batch.push_back({protocol::Channel::request,
                     test::id_of(flood.id),
                     flood.by_mac(key.view(), flood.id),
                     {},
                     service::Steady::now()});
  }
  const auto before = test::no_broker().outstanding();
  flood.serving().requests.run(std::move(batch));
  CHECK(database.shown("SELECT count(*) FROM registry.attempt WHERE reason = 'too_many_credentials'") == "1");
  CHECK(test::no_broker().outstanding() - before == 20);
}
