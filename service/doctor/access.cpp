#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "mqtt/probe.hpp"
#include "service/access/control_connection.hpp"
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

Finding no_rights(const std::string& account, const std::string& what) {
  return problem(check, "access_rights", what,
                 "let the broker load dynamic-security, and give the account \"" + account +
                     "\" the right to write " + access::command_topic + " and to read " +
                     access::reply_topic + " (deploy/mosquitto/mosquitto.acl)");
}

Finding no_connection(const std::string& account, const std::string& reason) {
  if (reason.contains("subscription to ")) return no_rights(account, reason);
  if (mqtt::refuses_login(reason))
    return problem(check, "access_login", reason,
                   "check the account \"" + account +
                       "\" and its password in broker_access.password_file at the broker");
  return problem(check, "broker_refuses", reason, "see the broker's log for the cause");
}

}  // namespace

Finding examine_access(const Config& config, const crypto::Secret& password) {
  const std::string& account = config.broker_access.username;
  ConnectionResult result;
  const auto connection = access::ControlConnection::open(
      access_login(config, password), [&] { result.set({}); },
      [&](std::string_view reason) { result.set(std::string(reason)); });
  const std::string reason = connection ? result.wait() : connection.error();
  if (!reason.empty()) return no_connection(account, reason);
  const auto replies = (*connection)->execute(std::array{access::list_clients(0, 1)});
  if (!replies) return no_rights(account, replies.error());
  if (!replies->front().error.empty()) return no_rights(account, replies->front().error);
  return fine(check, "the broker accepts commands from the account \"" + account + "\"");
}

}  // namespace latchkey::service
