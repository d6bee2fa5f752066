#include "protocol/status.hpp"

#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

std::string fault(std::string_view payload) {
  const auto status = decode_status(device(), payload);
  return status ? "" : status.error();
}

StatusMessage read(std::string_view plain) {
  const auto received = decode_status(device(), plain);
  REQUIRE(received);
  CHECK_FALSE(received->proof);
  return received->status;
}

void check_round_trip(StatusMessage status) {
  status.session = "AbC_-123";
  const auto back = read(encode_status(status));
  CHECK(back.kind == status.kind);
  CHECK(back.session == status.session);
  CHECK(back.generation == status.generation);
  CHECK(back.previous == status.previous);
  CHECK(back.config_version == status.config_version);
  CHECK(back.attributes.value_or("none") == status.attributes.value_or("none"));
  CHECK(back.code == status.code);
  CHECK(back.message == status.message);
}

}  // namespace

TEST_CASE("each status is read") {
  const auto connected = read(R"({"status":"connected","session":"s_-45678","generation":3})");
  CHECK(connected.kind == StatusKind::connected);
  CHECK(connected.session == "s_-45678");
  CHECK(connected.generation == 3);
  CHECK(connected.previous.empty());
  CHECK(
      read(R"({"status":"connected","session":"s_-45678","generation":3,"previous":"87654-_p"})").previous ==
      "87654-_p");
  const auto ready =
      read(R"({"status":"ready","session":"12345678","config_version":9,"attributes":{"a" : 1}})");
  CHECK(ready.kind == StatusKind::ready);
  CHECK(ready.config_version == 9);
  CHECK(ready.attributes == R"({"a":1})");
  const auto failed = read(R"({"status":"failed","session":"12345678","code":"no_flash","message":"a\nb"})");
  CHECK(failed.kind == StatusKind::failed);
  CHECK(failed.code == "no_flash");
  CHECK(failed.message == "a?b");
  CHECK(read(R"({"status":"disconnected","session":"12345678"})").kind == StatusKind::disconnected);
}

TEST_CASE("a status that is not as the protocol says is refused by member") {
  const std::pair<std::string_view, std::string_view> table[] = {
      {R"({"session":"12345678"})", "status: is missing"},
      {R"({"status":1,"session":"12345678"})", "status: must be a string"},
      {R"({"status":"rebooting","session":"12345678"})", "status: is not known"},
      {R"({"status":"Connected","session":"12345678","generation":1})", "status: is not known"},
      {R"({"status":"disconnected"})", "session: is missing"},
      {R"({"status":"disconnected","session":12345678})", "session: must be a string"},
      {R"({"status":"disconnected","session":"1234567"})",
       "session: must be 8 to 32 characters of A-Z a-z 0-9 _ -"},
      {R"({"status":"disconnected","session":"1234567!"})",
       "session: must be 8 to 32 characters of A-Z a-z 0-9 _ -"},
      {R"({"status":"disconnected","session":"123456789012345678901234567890123"})",
       "session: must be 8 to 32 characters of A-Z a-z 0-9 _ -"},
      {R"({"status":"connected","session":"12345678"})", "generation: is missing"},
      {R"({"status":"connected","session":"12345678","generation":-1})",
       "generation: must be an integer, 0 to 2^53-1"},
      {R"({"status":"connected","session":"12345678","generation":1.0})",
       "generation: must be an integer, 0 to 2^53-1"},
      {R"({"status":"connected","session":"12345678","generation":1,"previous":"1234567"})",
       "previous: must be 8 to 32 characters of A-Z a-z 0-9 _ -"},
      {R"({"status":"connected","session":"12345678","generation":1,"previous":"123456789012345678901234567890123"})",
       "previous: must be 8 to 32 characters of A-Z a-z 0-9 _ -"},
      {R"({"status":"connected","session":"12345678","generation":1,"previous":null})",
       "previous: must be a string"},
      {R"({"status":"connected","session":"12345678","generation":1,"previous":"12345678"})",
       "previous: is the session itself"},
      {R"({"status":"ready","session":"12345678"})", "config_version: is missing"},
      {R"({"status":"ready","session":"12345678","config_version":"1"})",
       "config_version: must be an integer, 0 to 2^53-1"},
      {R"({"status":"ready","session":"12345678","config_version":1,"attributes":{"A":1}})",
       "attributes: a name must match ^[a-z][a-z0-9_]{0,31}$"},
      {R"({"status":"failed","session":"12345678"})", "code: is missing"},
      {R"({"status":"failed","session":"12345678","code":""})", "code: must be 1 to 64 characters"},
      {R"({"status":"failed","session":"12345678","code":"x","message":1})", "message: must be a string"},
      {R"({"status":"disconnected","session":"12345678","session":"12345678"})", "status: has session twice"},
      {R"({"status":"disconnected","session":"12345678","x":[[[[[[[[]]]]]]]]})", "status: is deeper than 8"},
      {R"({"status":"disconnected","session":"12345678","critical":["x"]})",
       "critical: lists a member that is not known here"},
      {R"({"status":"disconnected","session":"12345678","critical":"x"})",
       "critical: must be an array of member names"},
      {R"({"status":"disconnected","session":"12345678","critical":["session"],"x":1})", ""},
      {R"({"status":"disconnected","session":"12345678901234567890123456789012"})", ""},
      {R"(["status"])", "status: is not a JSON object"},
      {"", "status: is not a JSON object"},
  };
  for (const auto& [payload, expected] : table) {
    CAPTURE(payload);
    CHECK(fault(payload) == expected);
  }
}

TEST_CASE("a status is at most 4 KiB") {
  std::string text = R"({"status":"disconnected","session":"12345678"})";
  text.append(4096 - text.size(), ' ');
  CHECK(fault(text).empty());
  CHECK(fault(text + " ") == "status: is larger than 4096 bytes");
}

TEST_CASE("what a failed status says is bounded") {
  const auto failed = [](std::size_t code, std::size_t message) {
    return R"({"status":"failed","session":"12345678","code":")" + std::string(code, 'c') +
           R"(","message":")" + std::string(message, 'm') + R"("})";
  };
  CHECK(read(failed(64, 1000)).message.size() == 200);
  CHECK(fault(failed(65, 1)) == "code: must be 1 to 64 characters");
}

TEST_CASE("each status that a device writes is read by the service") {
  StatusMessage connected;
  connected.kind = StatusKind::connected;
  connected.generation = 2;
  StatusMessage ready;
  ready.kind = StatusKind::ready;
  ready.config_version = 17;
  ready.attributes = R"({"fw":"1.2"})";
  StatusMessage failed;
  failed.kind = StatusKind::failed;
  failed.code = "disk_full";
  failed.message = "No \"space\" left";
  for (auto* status : {&connected, &ready, &failed})
    check_round_trip(*status);
  check_round_trip(StatusMessage());
}

}  // namespace latchkey::protocol
