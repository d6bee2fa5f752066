#include "gate/acl.hpp"

#include "support/catch.hpp"

namespace latchkey::gate {
namespace {

struct Fleet {
  Fleet() {
    tables.at(1'800'000'000);
    const std::string login = " 7:0:" + std::string(32, 'a') + ":" + std::string(64, 'b');
    tell("t 1 set p:plant/${device_id}/telemetry/# p:shared s:plant/${device_id}/commands/+");
    tell("r 1 12345 set");
    tell("d 1 12345 0" + login);
    tell("d 1 revoked 1900000000");
    tell("r 1 revoked set");
  }
  void tell(const std::string& line) {
    REQUIRE(tables.apply(read_statement(line).value(), line) == Applied::changed);
  }
  bool may(std::string_view username, Access access, std::string_view topic, std::string_view id = "12345") {
    return decide(names, tables, {username, id, access, topic}) == Verdict::allow;
  }
  Verdict verdict(std::string_view username, std::string_view id, std::string_view topic,
                  Access access = Access::write) {
    return decide(names, tables, {username, id, access, topic});
  }
  Names names;
  Tables tables{100};
};

TEST_CASE("A device has its own four topics, by certificate and by password", "[gate]") {
  Fleet fleet;
  for (const char* const username : {"12345", "12345@7"}) {
    CHECK(fleet.may(username, Access::write, "provisioning/v1/12345/request"));
    CHECK(fleet.may(username, Access::write, "devices/12345/status"));
    for (const Access access : {Access::read, Access::subscribe}) {
      CHECK(fleet.may(username, access, "provisioning/v1/12345/response"));
      CHECK(fleet.may(username, access, "devices/12345/config"));
      CHECK_FALSE(fleet.may(username, access, "provisioning/v1/12345/request"));
      CHECK_FALSE(fleet.may(username, access, "devices/12345/status"));
    }
    for (const char* const topic :
         {"provisioning/v1/12345/response", "devices/12345/config", "provisioning/v1/other/request",
          "devices/other/status", "devices/12345/status/", "devices/12345//status", "/devices/12345/status",
          "devices/123456/status", "devices/1234/status", "elsewhere", "", "$SYS/x"})
      CHECK_FALSE(fleet.may(username, Access::write, topic));
  }
}

TEST_CASE("A device has the topics of its rights, and no others", "[gate]") {
  Fleet fleet;
  for (const char* const topic :
       {"plant/12345/telemetry", "plant/12345/telemetry/a", "plant/12345/telemetry/a/b", "shared"})
    CHECK(fleet.may("12345", Access::write, topic));
  for (const char* const topic :
       {"plant/other/telemetry/a", "plant/12345", "plant/12345/commands/a", "shared/a", "plant"})
    CHECK_FALSE(fleet.may("12345", Access::write, topic));
  CHECK(fleet.may("12345", Access::read, "plant/12345/commands/a"));
  CHECK_FALSE(fleet.may("12345", Access::read, "plant/12345/commands/a/b"));
  CHECK_FALSE(fleet.may("12345", Access::read, "plant/12345/telemetry/a"));
  CHECK_FALSE(fleet.may("other", Access::write, "plant/other/telemetry/a", "other"));
}

TEST_CASE("A subscription is allowed where all of its topics are", "[gate]") {
  Fleet fleet;
  CHECK(fleet.may("12345", Access::subscribe, "plant/12345/commands/+"));
  CHECK(fleet.may("12345", Access::subscribe, "plant/12345/commands/a"));
  for (const char* const filter :
       {"plant/12345/commands/#", "plant/+/commands/+", "+/12345/commands/a", "#", "+/+/+/+",
        "$share/g/plant/12345/commands/a", "$SYS/#", "$CONTROL/latchkey/v1/response", "devices/+/config",
        "provisioning/v1/+/response", "plant/12345/#"})
    CHECK_FALSE(fleet.may("12345", Access::subscribe, filter));
}

TEST_CASE("A filter covers topics and filters as MQTT has it", "[gate]") {
  CHECK(covers("#", "m", "a/b"));
  CHECK(covers("a/#", "m", "a"));
  CHECK(covers("a/#", "m", "a/#"));
  CHECK(covers("a/+/b", "m", "a/+/b"));
  CHECK(covers("${device_id}/x", "m", "m/x"));
  CHECK_FALSE(covers("${device_id}/x", "m", "${device_id}/x"));
  CHECK_FALSE(covers("${device_id}/x", "m", "+/x"));
  CHECK_FALSE(covers("a/+", "m", "a/#"));
  CHECK_FALSE(covers("a/+", "m", "a"));
  CHECK_FALSE(covers("a", "m", "a/b"));
  CHECK_FALSE(covers("a/b", "m", "a"));
  CHECK_FALSE(covers("a/b", "m", "+/b"));
  CHECK_FALSE(covers("+", "m", "#"));
  CHECK_FALSE(covers("a/b/#", "m", "a"));
}

TEST_CASE("A denied device has nothing, whatever its session", "[gate]") {
  Fleet fleet;
  for (const char* const topic :
       {"devices/revoked/status", "provisioning/v1/revoked/request", "plant/revoked/telemetry/a"})
    CHECK_FALSE(fleet.may("revoked", Access::write, topic, "revoked"));
  CHECK_FALSE(fleet.may("revoked", Access::read, "devices/revoked/config", "revoked"));
  // It may ask for its place again.
  CHECK(fleet.may("@bootstrap", Access::write, "provisioning/v1/revoked/request", "revoked"));
}

TEST_CASE("An ended password has nothing", "[gate]") {
  Fleet fleet;
  CHECK_FALSE(fleet.may("12345@6", Access::write, "devices/12345/status"));
  CHECK_FALSE(fleet.may("12345@07", Access::write, "devices/12345/status"));
  CHECK_FALSE(fleet.may("12345@", Access::write, "devices/12345/status"));
}

TEST_CASE("The bootstrap account has the provisioning pair of its client id alone", "[gate]") {
  Fleet fleet;
  CHECK(fleet.may("@bootstrap", Access::write, "provisioning/v1/12345/request"));
  CHECK(fleet.may("@bootstrap", Access::subscribe, "provisioning/v1/12345/response"));
  for (const char* const topic :
       {"devices/12345/status", "plant/12345/telemetry/a", "provisioning/v1/other/request"})
    CHECK_FALSE(fleet.may("@bootstrap", Access::write, topic));
  CHECK_FALSE(fleet.may("@bootstrap", Access::subscribe, "provisioning/v1/+/response"));
}

TEST_CASE("A device's name is no account's, and an account's no device's", "[gate]") {
  Fleet fleet;
  CHECK(fleet.verdict("other", "12345", "devices/12345/status") == Verdict::deny);
  CHECK(fleet.verdict("", "12345", "devices/12345/status") == Verdict::deny);
  CHECK(fleet.verdict("@service", "12345", "devices/12345/config") == Verdict::deny);
  CHECK(fleet.verdict("12345", "@somebody", "devices/12345/status") == Verdict::defer);
  CHECK(fleet.verdict("@service", "@service-1", "devices/12345/config") == Verdict::defer);
}

TEST_CASE("The service's account alone commands the gate", "[gate]") {
  Fleet fleet;
  CHECK(fleet.verdict("@admin", "@x", control_topic) == Verdict::allow);
  CHECK(fleet.verdict("@admin", "@x", response_topic, Access::subscribe) == Verdict::allow);
  CHECK(fleet.verdict("@admin", "@x", control_topic, Access::subscribe) == Verdict::deny);
  CHECK(fleet.verdict("@admin", "@x", response_topic) == Verdict::deny);
  for (const char* const username : {"@service", "@bootstrap", "12345", "", "admin"}) {
    CHECK(fleet.verdict(username, "@x", control_topic) == Verdict::deny);
    CHECK(fleet.verdict(username, "@x", response_topic, Access::read) == Verdict::deny);
  }
  CHECK(fleet.verdict("@admin", "12345", control_topic) == Verdict::deny);
}

TEST_CASE("A device may end each subscription", "[gate]") {
  Fleet fleet;
  CHECK(fleet.may("12345", Access::unsubscribe, "plant/12345/what-was-its-own"));
}

}  // namespace
}  // namespace latchkey::gate
