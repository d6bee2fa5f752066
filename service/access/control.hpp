#pragma once

#include "protocol/topics.hpp"
#include "registry/broker_access.hpp"
#include "service/access/control_connection.hpp"
#include "service/keys/master_key.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// Commands and replies of Mosquitto's dynamic-security plugin that the service uses: JSON.
namespace latchkey::service::access {

inline constexpr ControlPlugin dynamic_security_plugin{
    "$CONTROL/dynamic-security/v1", "$CONTROL/dynamic-security/v1/response",
    "check that the plugin dynamic-security is loaded and that the account may write to $CONTROL"};

/// One command, a JSON object.
using Command = std::string;
using Commands = std::vector<Command>;
/// Wipes the commands, which may contain a password. Do not copy commands.
void wipe(Commands& commands) noexcept;

/// A client in the plugin's list. Clients that the service made carry a mark.
struct BrokerClient {
  std::string username;
  std::string mark;  ///< empty: not made by the service
  bool disabled = false;
};

/// The broker's reply to one command.
struct Reply {
  std::string command;
  std::string error;  ///< empty: the command succeeded
  std::vector<BrokerClient> clients;
  /// True if the command succeeded or there was nothing to do.
  [[nodiscard]] bool fulfilled() const;
};

/// The commands for every new connection: clients without a role may do nothing (the plugin's default lets
/// every client receive everything), and the role that denies everything exists.
[[nodiscard]] Commands foundations();
[[nodiscard]] Command list_clients(std::size_t offset, std::size_t count);

/// Denies access to a device with a certificate: its open session ends, and a new one may do nothing.
[[nodiscard]] Commands deny(const std::string& device_id);
/// Reverts `deny`.
[[nodiscard]] Commands lift(const std::string& device_id);
/// Removes a login, which ends its sessions.
[[nodiscard]] Commands end_login(const std::string& username);

inline constexpr std::string_view denied_mark = "denied";
/// The mark of a login: differs for another password of the same name, such as after restoring an old backup,
/// and for other rights.
[[nodiscard]] std::string mark_of(const registry::PasswordLogin& login);

/// Makes the commands that add logins.
class Logins {
 public:
  Logins(const MasterKey& master, const protocol::Topics& topics) : master_(master), topics_(topics) {}
  /// Adds a client for the device, bound to its client id, with a role that allows exactly its four topics
  /// and those of its rights. Rights that are not valid here are none: housekeeping reports them. Nothing if
  /// the master key from which the password was derived is no longer configured.
  [[nodiscard]] std::optional<Commands> admit(const registry::PasswordLogin& login) const;

 private:
  const MasterKey& master_;
  const protocol::Topics& topics_;
};

/// An upper bound of the size of a message with these commands.
[[nodiscard]] std::size_t bytes_of(std::span<const Command> commands);
/// How many of the first commands fit into a message of `bytes`; at least one.
[[nodiscard]] std::size_t count_fitting(std::span<const Command> commands, std::size_t bytes);
/// The message with these commands. Each reply repeats `correlation`.
[[nodiscard]] std::string write_commands(std::string_view correlation, std::span<const Command> commands);
/// The replies with this `correlation`; nothing if the message is for another sender.
[[nodiscard]] std::optional<std::vector<Reply>> read_replies(std::string_view correlation,
                                                             std::string_view payload);
/// Sends the commands, in as many messages as needed, and returns a reply to each, in order; the error says
/// why there is none.
[[nodiscard]] std::expected<std::vector<Reply>, std::string> execute(ControlConnection& connection,
                                                                     std::span<const Command> commands);

}  // namespace latchkey::service::access
