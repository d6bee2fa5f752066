#include "service/access/control.hpp"

#include "crypto/encoding.hpp"
#include "protocol/rights.hpp"
#include "service/issuing/issue.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace latchkey::service::access {
namespace {

using Json = nlohmann::json;
using protocol::Channel;

// A login's role has the login's name, which contains no leading `@`, so this name cannot collide.
constexpr const char* deny_role = "@denied";
constexpr const char* our_name = "latchkey";

// The most bytes that a message adds around its commands, and around each command.
constexpr std::size_t around = 32;
// A command must fit into a message, whatever packets the broker accepts.
constexpr std::size_t longest_rules = 1536;

// The plugin's errors that mean that there was nothing to do.
constexpr std::array<std::string_view, 4> already = {"Client already exists", "Role already exists",
                                                     "Client not found", "Role not found"};

Json rule(const char* type, const std::string& topic, bool allow, int priority = 0) {
  return {{"acltype", type}, {"topic", topic}, {"allow", allow}, {"priority", priority}};
}

/// Rules that deny everything that no rule of a higher priority allows. Unlike in a subscription, `#` matches
/// `$share/...`, `$CONTROL/...` and `$SYS/...` here.
Json nothing(int priority) {
  return {rule("publishClientSend", "#", false, priority), rule("publishClientReceive", "#", false, priority),
          rule("subscribePattern", "#", false, priority)};
}

Json default_access() {
  Json acls = Json::array();
  for (const char* type : {"publishClientSend", "publishClientReceive", "subscribe"})
    acls.push_back({{"acltype", type}, {"allow", false}});
  return {{"command", "setDefaultACLAccess"}, {"acls", acls}};
}

Json rules_of(const protocol::Topics& topics, const protocol::DeviceId& id) {
  Json rules = nothing(-1);
  for (const auto channel : {Channel::request, Channel::status})
    rules.push_back(rule("publishClientSend", topics.of(channel, id), true));
  for (const auto channel : {Channel::response, Channel::config}) {
    rules.push_back(rule("publishClientReceive", topics.of(channel, id), true));
    rules.push_back(rule("subscribeLiteral", topics.of(channel, id), true));
  }
  return rules;
}

/// A rule for each filter to publish, and two for each to subscribe.
std::vector<Json> rules_of_rights(const protocol::Topics& topics, const registry::PasswordLogin& login) {
  if (login.rights.empty()) return {};
  const auto templates = protocol::parse_templates(login.rights, topics).value_or(protocol::Rights());
  const auto rights = protocol::filled(templates, login.device_id);
  std::vector<Json> rules;
  rules.reserve(rights.publish.size() + 2 * rights.subscribe.size());
  for (const auto& filter : rights.publish)
    rules.push_back(rule("publishClientSend", filter, true));
  for (const auto& filter : rights.subscribe) {
    rules.push_back(rule("publishClientReceive", filter, true));
    rules.push_back(rule("subscribePattern", filter, true));
  }
  return rules;
}

/// The commands for a role with these rules. The plugin writes its file for each command, so the first one
/// has as many rules as its size allows.
Commands role_of(const std::string& name, Json rules, std::vector<Json> further) {
  std::size_t bytes = rules.dump().size();
  auto next = further.begin();
  for (; next != further.end(); ++next) {
    bytes += next->dump().size() + 1;
    if (bytes > longest_rules) break;
    rules.push_back(std::move(*next));
  }
  Commands commands = {
      Json{{"command", "createRole"}, {"rolename", name}, {"acls", std::move(rules)}}.dump()};
  for (; next != further.end(); ++next) {
    (*next)["command"] = "addRoleACL";
    (*next)["rolename"] = name;
    commands.push_back(next->dump());
  }
  return commands;
}

Json roles(const std::string& name) {
  return Json::array({{{"rolename", name}}});
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Inserts the password into the command's text, so that no JSON value and no outgrown buffer keeps a copy.
/// It is base64url and needs no escapes.
Command with_password(const std::string& command, const crypto::Secret& password) {
  constexpr std::string_view name = R"({"password":")";
  constexpr std::string_view end = "\",";
  Command whole;
  whole.reserve(name.size() + password.size() + end.size() + command.size());
  return std::move(whole.append(name).append(password.text()).append(end).append(command, 1));
}

BrokerClient client_of(const Json& entry) {
  BrokerClient client;
  client.username = text_of(entry, "username");
  if (text_of(entry, "textname") == our_name) client.mark = text_of(entry, "textdescription");
  client.disabled = entry.value("disabled", false);
  return client;
}

Reply reply_of(const Json& entry) {
  Reply reply{text_of(entry, "command"), text_of(entry, "error"), {}};
  const auto data = entry.find("data");
  if (data == entry.end() || !data->is_object() || !data->contains("clients")) return reply;
  for (const Json& client : data->at("clients"))
    if (client.is_object()) reply.clients.push_back(client_of(client));
  return reply;
}

std::expected<std::vector<Reply>, std::string> execute_in_one_message(ControlConnection& connection,
                                                                      std::span<const Command> commands) {
  const std::string correlation = new_correlation();
  std::vector<Question> questions;  // a list in braces would be copied, passwords and all
  questions.push_back({correlation, write_commands(correlation, commands)});
  const auto answers = connection.ask(std::move(questions));
  if (!answers) return std::unexpected(answers.error());
  auto replies = read_replies(correlation, answers->front());
  if (!replies || replies->size() != commands.size()) return std::unexpected("the reply cannot be read");
  return *std::move(replies);
}

}  // namespace

bool Reply::fulfilled() const {
  return error.empty() || std::ranges::find(already, error) != already.end();
}

Commands foundations() {
  // Create the role; if it exists, correct it.
  return {default_access().dump(),
          Json{{"command", "createRole"}, {"rolename", deny_role}, {"acls", nothing(0)}}.dump(),
          Json{{"command", "modifyRole"}, {"rolename", deny_role}, {"acls", nothing(0)}}.dump()};
}

Command list_clients(std::size_t offset, std::size_t count) {
  return Json{{"command", "listClients"}, {"verbose", true}, {"offset", offset}, {"count", count}}.dump();
}

Commands deny(const std::string& device_id) {
  return {Json{{"command", "createClient"},
               {"username", device_id},
               {"textname", our_name},
               {"textdescription", denied_mark},
               {"roles", roles(deny_role)}}
              .dump(),
          // disableClient ends an open session.
          Json{{"command", "disableClient"}, {"username", device_id}}.dump()};
}

Commands lift(const std::string& device_id) {
  return {Json{{"command", "deleteClient"}, {"username", device_id}}.dump()};
}

Commands end_login(const std::string& username) {
  return {Json{{"command", "deleteClient"}, {"username", username}}.dump(),
          Json{{"command", "deleteRole"}, {"rolename", username}}.dump()};
}

std::string mark_of(const registry::PasswordLogin& login) {
  crypto::Bytes origin = login.salt;
  origin.insert(origin.end(), login.master_key.begin(), login.master_key.end());
  const auto rights = crypto::as_bytes(login.rights);
  origin.insert(origin.end(), rights.begin(), rights.end());
  return crypto::to_hex(crypto::sha256(origin)).substr(0, 16);
}

std::optional<Commands> Logins::admit(const registry::PasswordLogin& login) const {
  const auto password = password_of(master_, login.master_key, login.salt, login.device_id, login.generation);
  if (!password) return std::nullopt;
  const std::string username = username_of(login.device_id, login.generation);
  Commands commands = role_of(username, rules_of(topics_, login.device_id), rules_of_rights(topics_, login));
  commands.push_back(with_password(Json{{"command", "createClient"},
                                        {"username", username},
                                        {"clientid", login.device_id.text()},
                                        {"textname", our_name},
                                        {"textdescription", mark_of(login)},
                                        {"roles", roles(username)}}
                                       .dump(),
                                   *password));
  return commands;
}

void wipe(Commands& commands) noexcept {
  for (Command& command : commands)
    crypto::wipe(command);
}

std::size_t bytes_of(std::span<const Command> commands) {
  std::size_t bytes = around;
  for (const Command& command : commands)
    bytes += command.size() + most_correlation + around;
  return bytes;
}

std::size_t count_fitting(std::span<const Command> commands, std::size_t bytes) {
  std::size_t count = std::min<std::size_t>(1, commands.size());
  while (count < commands.size() && bytes_of(commands.first(count + 1)) <= bytes)
    ++count;
  return count;
}

std::string write_commands(std::string_view correlation, std::span<const Command> commands) {
  std::string message = R"({"commands":[)";
  message.reserve(bytes_of(commands));  // a buffer that grows would leave copies of passwords behind
  for (const Command& command : commands) {
    if (message.back() != '[') message += ',';
    message.append(R"({"correlationData":")").append(correlation).append("\",").append(command, 1);
  }
  return message + "]}";
}

std::optional<std::vector<Reply>> read_replies(std::string_view correlation, std::string_view payload) {
  const Json message = Json::parse(payload, nullptr, false);
  if (!message.is_object() || !message.contains("responses") || !message["responses"].is_array())
    return std::nullopt;
  std::vector<Reply> replies;
  for (const Json& entry : message["responses"]) {
    if (!entry.is_object() || text_of(entry, "correlationData") != correlation) return std::nullopt;
    replies.push_back(reply_of(entry));
  }
  return replies;
}

std::expected<std::vector<Reply>, std::string> execute(ControlConnection& connection,
                                                       std::span<const Command> commands) {
  std::vector<Reply> all;
  while (!commands.empty()) {
    const auto count = count_fitting(commands, connection.message_limit());
    auto replies = execute_in_one_message(connection, commands.first(count));
    if (!replies) return replies;
    std::ranges::move(*replies, std::back_inserter(all));
    commands = commands.subspan(count);
  }
  return all;
}

}  // namespace latchkey::service::access
