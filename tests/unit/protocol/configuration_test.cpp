#include "protocol/configuration.hpp"

#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

Configuration full() {
  Configuration out;
  out.device_id = "12345";
  out.session = "AbC_-123";
  out.state = "connected";
  out.config_version = 7;
  out.confirmed = 2;
  out.config = R"({"interval_s":60})";
  out.sealed = "e.e.e.e.e";
  out.connection = Connection{.host = "new.example",
                              .port = 8883,
                              .tls = true,
                              .client_id = "12345",
                              .ca = {},
                              .topics = "devices/12345",
                              .publish = {},
                              .subscribe = {}};
  return out;
}

Configuration sent(const Configuration& what) {
  const auto message = encode_configuration(what, answer_key(key().view()));
  return decode_configuration(open_message(config_type, message, answer_key(key().view())).value()).value();
}

}  // namespace

TEST_CASE("a configuration is read as it was written") {
  const auto back = sent(full());
  CHECK(back.device_id == "12345");
  CHECK(back.session == "AbC_-123");
  CHECK(back.state == "connected");
  CHECK(back.config_version == 7);
  CHECK(back.confirmed == 2);
  CHECK(back.config == full().config);
  CHECK(back.sealed == "e.e.e.e.e");
  REQUIRE(back.connection);
  CHECK(back.connection->host == "new.example");
}

TEST_CASE("a configuration that has nothing new is read as it was written") {
  auto bare = full();
  bare.config.reset();
  bare.sealed.clear();
  bare.connection.reset();
  const auto back = sent(bare);
  CHECK_FALSE(back.config);
  CHECK(back.sealed.empty());
  CHECK_FALSE(back.connection);
}

TEST_CASE("a configuration that is not as the protocol says is refused by member") {
  const auto good = Json::parse(
      R"({"device_id":"12345","session":"12345678","state":"ready","config_version":1,"confirmed":0,"config":{},"sealed":"",
          "connection":{"host":"h","port":1,"tls":true,"client_id":"c","topics":"t"}})");
  const std::tuple<std::string_view, std::string_view, std::string_view> table[] = {
      {"/device_id", "", "device_id: is missing"},
      {"/session", "", "session: is missing"},
      {"/state", "1", "state: must be a string"},
      {"/config_version", "-1", "config_version: must be an integer, 0 to 2^53-1"},
      {"/confirmed", "-1", "confirmed: must be an integer, 0 to 2^53-1"},
      {"/confirmed", "", ""},
      {"/config", "1", "config: must be an object"},
      {"/sealed", "1", "sealed: must be a string"},
      {"/connection", "1", "connection: must be an object"},
      {"/connection/host", "", "connection.host: is missing"},
      {"/critical", R"(["shiny"])", "critical: lists a member that is not known here"},
      {"/critical", R"(["state"])", ""},
      {"/shiny", "1", ""},
  };
  for (const auto& [at, value, expected] : table) {
    CAPTURE(at, value);
    const auto decoded = decode_configuration(with(good, at, value).dump());
    CHECK((decoded ? "" : decoded.error()) == expected);
  }
  CHECK(decode_configuration("[]").error() == "configuration: is not a JSON object");
}

}  // namespace latchkey::protocol
