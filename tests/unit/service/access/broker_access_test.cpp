#include "service/access/openings.hpp"
#include "service/access/plan.hpp"
#include "service/issuing/issue.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::access;
using Json = nlohmann::json;

namespace {

const MasterKey& master() {
  static const MasterKey key{crypto::Secret(std::string_view("0123456789abcdef0123456789abcdef"))};
  return key;
}

const Logins& logins() {
  static const protocol::Topics topics("provisioning/v1", "devices");
  static const Logins made(master(), topics);
  return made;
}

registry::PasswordLogin login_of(std::string_view id, std::int64_t generation, std::uint8_t salt = 7) {
  return {protocol::DeviceId::parse(id).value(), generation, crypto::Bytes(16, salt), master().id(), {}};
}

BrokerClient entry_of(const registry::PasswordLogin& login) {
  return {login.device_id.text() + "@" + std::to_string(login.generation), mark_of(login), false};
}

BrokerClient denied(const std::string& id) {
  return {id, std::string(denied_mark), true};
}

/// "command name" of each command in order.
std::vector<std::string> said(const Plan& plan) {
  std::vector<std::string> all;
  for (const Step& step : plan.steps)
    for (const Command& command : step.commands) {
      const Json json = Json::parse(command);
      all.push_back(json["command"].get<std::string>() + " " +
                    json.value("username", json.value("rolename", "")));
    }
  return all;
}

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("rights are rules of the role of a login, and other rights make it another login",
          "[broker_access]") {
  auto login = login_of("7", 2);
  const auto without = mark_of(login);
  CHECK(logins().admit(login)->size() == 2);
  login.rights = R"({"publish": ["a/${device_id}"], "subscribe": ["b/#"]})";
  CHECK(mark_of(login) != without);
  const auto commands = logins().admit(login).value();
  REQUIRE(commands.size() == 2);
  const auto rules = Json::parse(commands[0])["acls"];
  REQUIRE(rules.size() == 12);
  CHECK((rules[9]["acltype"] == "publishClientSend" && rules[9]["topic"] == "a/7"));
  CHECK((rules[10]["acltype"] == "publishClientReceive" && rules[11]["acltype"] == "subscribePattern"));
  CHECK(commands[1].contains("createClient"));
}

TEST_CASE("many rights are added one by one, so that each command fits into a message", "[broker_access]") {
  auto login = login_of("7", 2);
  Json many = {{"publish", Json::array()}, {"subscribe", Json::array()}};
  for (int n = 0; n < 32; ++n)
    many["subscribe"].push_back("b" + std::to_string(n) + "/+");
  login.rights = many.dump();
  const auto commands = logins().admit(login).value();
  std::size_t rules = Json::parse(commands[0])["acls"].size();
  CHECK(rules > 9);
  for (const Command& command : commands) {
    CHECK(command.size() < 2048);
    rules += command.contains(R"("command":"addRoleACL")") ? 1U : 0U;
  }
  CHECK(rules == 9 + 2 * 32);
}
TEST_CASE("who is to be kept out and is not yet is denied and disconnected", "[broker_access]") {
  const auto plan = make_plan({}, {.denied = {"12345"}, .logins = {}, .changed = {{"12345", 42}}}, logins());
  CHECK(said(plan) == Said{"createClient 12345", "disableClient 12345"});
  REQUIRE(plan.steps.front().then.size() == 1);
  CHECK(plan.steps.front().then.front().changed_at == 42);
  CHECK(plan.done.empty());
}

TEST_CASE("what the broker has already is not said again", "[broker_access]") {
  const auto login = login_of("7", 2);
  const auto plan =
      make_plan({denied("12345"), entry_of(login)},
                {.denied = {"12345"}, .logins = {{login, false}}, .changed = {{"12345", 42}}}, logins());
  CHECK(said(plan).empty());
  CHECK(plan.entries == 2);
  REQUIRE(plan.done.size() == 2);
  CHECK(plan.done[0].generation == 2);
  CHECK(plan.done[1].changed_at == 42);
}

TEST_CASE("an entry that only looks like a denial is made one", "[broker_access]") {
  const auto entry = GENERATE(BrokerClient{"12345", std::string(denied_mark), false},
                              BrokerClient{"12345", "", true}, BrokerClient{"12345", "other", true});
  const auto plan = make_plan({entry}, {.denied = {"12345"}, .logins = {}, .changed = {}}, logins());
  CHECK(said(plan) == Said{"deleteClient 12345", "createClient 12345", "disableClient 12345"});
}

TEST_CASE("what an operator took away comes first, then what is left over, then who is let in",
          "[broker_access]") {
  const auto next = login_of("7", 3);
  const auto plan = make_plan({denied("5"), entry_of(login_of("7", 2))},
                              {.denied = {"9"}, .logins = {{next, false}}, .changed = {{"7", 1}}}, logins());
  CHECK(said(plan) == Said{"createClient 9", "disableClient 9", "deleteClient 7@2", "deleteRole 7@2",
                           "deleteClient 5", "createRole 7@3", "createClient 7@3"});
  CHECK(std::ranges::count(plan.steps, Step::Kind::urgent, &Step::kind) == 2);
  // All that is said of the device comes before its change counts as applied.
  CHECK(plan.steps.back().then.back().changed_at == 1);
}

TEST_CASE("however much a device left behind, no step is long, and a denial comes before it",
          "[broker_access]") {
  std::vector<BrokerClient> listed;
  for (int n = 1; n <= 1000; ++n)
    listed.push_back(entry_of(login_of("1", n)));
  const auto plan = make_plan(listed, {.denied = {"9"}, .logins = {}, .changed = {}}, logins());
  CHECK(said(plan).front() == "createClient 9");
  REQUIRE(plan.steps.size() == 1001);
  for (const Step& step : plan.steps)
    CHECK(step.commands.size() == 2);
}

TEST_CASE("the longest step is one message", "[broker_access]") {
  const std::string id(64, 'x');
  const auto plan =
      make_plan({entry_of(login_of(id, 1, 1))},
                {.denied = {}, .logins = {{login_of(id, 1, 2), false}}, .changed = {}}, logins());
  REQUIRE(plan.steps.size() == 1);
  CHECK(plan.steps.front().commands.size() == 4);
  CHECK(bytes_of(plan.steps.front().commands) <= 4096 - 512);
}

TEST_CASE("a password that is another one under the same name is replaced", "[broker_access]") {
  const auto plan =
      make_plan({entry_of(login_of("7", 2, 1))},
                {.denied = {}, .logins = {{login_of("7", 2, 2), true}}, .changed = {}}, logins());
  CHECK(said(plan) == Said{"deleteClient 7@2", "deleteRole 7@2", "createRole 7@2", "createClient 7@2"});
}

TEST_CASE("accounts that the service did not make are left alone, and named if a device could be called so",
          "[broker_access]") {
  const auto plan = make_plan({{"@report", "", false}, {"admin", "", false}}, {}, logins());
  CHECK(said(plan).empty());
  CHECK(plan.risky == std::vector<std::string>{"admin"});
}

TEST_CASE("a password whose master key is gone is counted and nothing else", "[broker_access]") {
  auto login = login_of("7", 1);
  login.master_key = {};
  const auto plan = make_plan({}, {.denied = {}, .logins = {{login, false}}, .changed = {}}, logins());
  CHECK(said(plan).empty());
  CHECK(plan.lost == 1);
}

TEST_CASE("what waits to be opened is wanted as long as the registry says so", "[broker_access]") {
  const auto login = login_of("7", 2);
  const auto open = [](const registry::PasswordLogin& of) {
    return registry::BrokerOpening{of.device_id, of};
  };
  const auto lift = [](std::string_view id) {
    return registry::BrokerOpening{protocol::DeviceId::parse(id).value(), std::nullopt};
  };
  const StillWanted wanted({.denied = {"9"}, .logins = {{login, false}}, .changed = {}});
  CHECK(wanted(open(login)));
  CHECK(wanted(lift("8")));
  CHECK_FALSE(wanted(lift("9")));
  // Ended, or another password by the same name.
  CHECK_FALSE(wanted(open(login_of("7", 1))));
  CHECK_FALSE(wanted(open(login_of("8", 2))));
  CHECK_FALSE(wanted(open(login_of("7", 2, 8))));
}

TEST_CASE("a login has its device's four topics, everything else refused, and its client id",
          "[broker_access]") {
  const auto commands = logins().admit(login_of("7", 1)).value();
  const Json role = Json::parse(commands[0]);
  const Json client = Json::parse(commands[1]);
  Said allowed;
  int denials = 0;
  for (const Json& rule : role["acls"]) {
    if (rule["allow"].get<bool>())
      allowed.push_back(rule["acltype"].get<std::string>() + " " + rule["topic"].get<std::string>());
    else
      denials += rule["topic"] == "#" && rule["priority"] == -1 ? 1 : 0;
  }
  CHECK(allowed == Said{"publishClientSend provisioning/v1/7/request", "publishClientSend devices/7/status",
                        "publishClientReceive provisioning/v1/7/response",
                        "subscribeLiteral provisioning/v1/7/response",
                        "publishClientReceive devices/7/config", "subscribeLiteral devices/7/config"});
  CHECK(denials == 3);
  CHECK(client["clientid"] == "7");
  const auto login = login_of("7", 1);
  CHECK(client["password"] ==
        password_of(master(), login.master_key, login.salt, login.device_id, login.generation)->text());
  CHECK(client["roles"] == Json::array({{{"rolename", "7@1"}}}));
}

TEST_CASE("commands go out with a correlation, and only replies with it are read", "[broker_access]") {
  const Commands commands = {R"({"command":"a"})", R"({"command":"b"})"};
  const Json message = Json::parse(write_commands("xyz", commands));
  CHECK(message["commands"][1] == Json{{"command", "b"}, {"correlationData", "xyz"}});

  const std::string replies = R"({"responses":[{"command":"a","correlationData":"xyz"},)"
                              R"({"command":"b","correlationData":"xyz","error":"Client already exists"},)"
                              R"({"command":"c","correlationData":"xyz","error":"Internal error"}]})";
  const auto read = read_replies("xyz", replies).value();
  CHECK(read[0].fulfilled());
  CHECK(read[1].fulfilled());
  CHECK_FALSE(read[2].fulfilled());
  CHECK_FALSE(read_replies("abc", replies));
}

TEST_CASE("a message has as many commands as fit, and one at least", "[broker_access]") {
  const Commands commands(100, Command(100, 'x'));
  const auto fitting = count_fitting(commands, 1000);
  CHECK(fitting < commands.size());
  const auto message = [&](std::size_t count) {
    return write_commands(std::string(most_correlation, 'x'), std::span(commands).first(count)).size();
  };
  CHECK(message(fitting) <= 1000);
  CHECK(message(fitting) > 800);
  CHECK(count_fitting(commands, 0) == 1);
  CHECK(count_fitting({}, 1000) == 0);
  CHECK(count_fitting(commands, 1000000) == commands.size());
}

TEST_CASE("replies that are none are not read", "[broker_access]") {
  const auto text =
      GENERATE(as<std::string>(), "", "[]", "{", "7", R"({"responses":7})", R"({"responses":[7]})");
  CHECK_FALSE(read_replies("xyz", text));
}

TEST_CASE("a list names who is there, and whether the service made it so", "[broker_access]") {
  const auto read = read_replies("x", R"({"responses":[{"command":"listClients","correlationData":"x","data":
      {"totalCount":3,"clients":[{"username":"5","textname":"latchkey","textdescription":"denied","disabled":true},
      {"username":"7@1","textname":"latchkey","textdescription":"ab"},{"username":"admin","textdescription":"x"}]}}]})")
                        .value();
  const auto& clients = read.front().clients;
  REQUIRE(clients.size() == 3);
  CHECK((clients[0].mark == denied_mark && clients[0].disabled));
  CHECK((clients[1].mark == "ab" && !clients[1].disabled));
  CHECK(clients[2].mark.empty());
}
