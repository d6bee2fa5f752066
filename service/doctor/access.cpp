#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "mqtt/probe.hpp"
#include "service/access/control.hpp"
#include "service/access/gate_protocol.hpp"
#include "service/config/broker_login.hpp"
#include "service/doctor/broker_session.hpp"

#include <array>
#include <atomic>
#include <future>

namespace latchkey::service {
namespace {

constexpr std::string_view check = "broker_access";
constexpr std::chrono::seconds connect_limit{8};

/// Waits for the result of a connection attempt: nothing if it succeeds, or why it fails.
class ConnectionResult {
 public:
  void set(std::string reason) {
    if (!is_set_.exchange(true)) promise_.set_value(std::move(reason));
  }
  std::string wait() {
    auto word = promise_.get_future();
    return word.wait_for(connect_limit) == std::future_status::ready ? word.get()
                                                                     : "no answer within the time limit";
  }

 private:
  std::atomic<bool> is_set_ = false;
  std::promise<std::string> promise_;
};

Finding no_rights(const Config& config, const std::string& what) {
  const std::string& account = config.broker_access.username;
  if (config.broker_access.mode == "gate")
    return problem(check, "access_gate", what,
                   "let the broker load latchkey_gate.so of this version (deploy/mosquitto/gate.conf), with "
                   "plugin_opt_control_account " +
                       account);
  const auto& plugin = access::dynamic_security_plugin;
  return problem(check, "access_rights", what,
                 "let the broker load dynamic-security, and give the account \"" + account +
                     "\" the right to write " + plugin.command_topic + " and to read " + plugin.reply_topic +
                     " (deploy/mosquitto/mosquitto.acl)");
}

Finding no_connection(const Config& config, const std::string& reason) {
  const std::string& account = config.broker_access.username;
  if (reason.contains("subscription to ")) return no_rights(config, reason);
  if (mqtt::refuses_login(reason))
    return problem(check, "access_login", reason,
                   "check the account \"" + account +
                       "\" and its password in broker_access.password_file at the broker");
  return problem(check, "broker_refuses", reason, "see the broker's log for the cause");
}

Finding examine_plugin(const Config& config, access::ControlConnection& connection) {
  const auto replies = access::execute(connection, std::array{access::list_clients(0, 1)});
  if (!replies) return no_rights(config, replies.error());
  if (!replies->front().error.empty()) return no_rights(config, replies->front().error);
  return fine(check,
              "the broker accepts commands from the account \"" + config.broker_access.username + "\"");
}

Finding examine_gate(const Config& config, access::ControlConnection& connection) {
  const auto said = access::say(connection, 0, std::array<access::Statement, 1>{"hello"});
  if (!said) return no_rights(config, said.error());
  const access::GateAnswer& answer = said->last;
  if (!answer.has_journal)
    return problem(check, "gate_journal", "the broker's gate cannot write its journal",
                   "let the broker's user write to the folder plugin_opt_state, and free space on its disk");
  return fine(check, std::string("the broker's gate answers, and ") +
                         (answer.is_open ? "is open" : "is closed until a service has told it everything"));
}

}  // namespace

Finding examine_access(const Config& config, const crypto::Secret& password) {
  const bool has_gate = config.broker_access.mode == "gate";
  ConnectionResult result;
  const auto connection = access::ControlConnection::open(
      access_login(config, password), has_gate ? access::gate_plugin : access::dynamic_security_plugin,
      [&] { result.set({}); }, [&](std::string_view reason) { result.set(std::string(reason)); });
  const std::string reason = connection ? result.wait() : connection.error();
  if (!reason.empty()) return no_connection(config, reason);
  return has_gate ? examine_gate(config, **connection) : examine_plugin(config, **connection);
}

}  // namespace latchkey::service
