#pragma once

#include "protocol/topics.hpp"
#include "registry/broker_access.hpp"
#include "service/keys/master_key.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// The language of Mosquitto's dynamic-security plugin, as far as the service speaks it: JSON commands to
/// `$CONTROL/dynamic-security/v1`, replies on `.../response`.
namespace latchkey::service::access {

inline constexpr const char* command_topic = "$CONTROL/dynamic-security/v1";
inline constexpr const char* reply_topic = "$CONTROL/dynamic-security/v1/response";

/// A message is marked by so many characters at most.
inline constexpr std::size_t most_correlation = 24;

/// One command, a JSON object.
using Command = std::string;
using Commands = std::vector<Command>;
/// There may be a password in them. They are not to be copied either.
void wipe(Commands& commands) noexcept;

/// A client of the plugin. What the service made bears a mark; the others are somebody else's.
struct BrokerClient {
  std::string username;
  std::string mark;  ///< empty: not made by the service
  bool disabled = false;
};

/// What the broker says of one command.
struct Reply {
  std::string command;
  std::string error;  ///< empty: done
  std::vector<BrokerClient> clients;
  /// It is as it was wished: done, or it was so before.
  [[nodiscard]] bool fulfilled() const;
};

/// Once a connection: who has no role gets nothing, and the role exists that takes everything away. Without
/// the first the plugin would have every client receive everything.
[[nodiscard]] Commands foundations();
[[nodiscard]] Command list_clients(std::size_t offset, std::size_t count);

/// Keeps a device out that is known by its certificate: an open session ends at once, a new one is good for
/// nothing.
[[nodiscard]] Commands deny(const std::string& device_id);
/// Takes that back.
[[nodiscard]] Commands lift(const std::string& device_id);
/// Ends a password and the sessions that it opened.
[[nodiscard]] Commands end_login(const std::string& username);

inline constexpr std::string_view denied_mark = "denied";
/// Another one for another password of the same name, as after the restore of an old backup.
[[nodiscard]] std::string mark_of(const registry::PasswordLogin& login);

/// Makes passwords known to the broker.
class Logins {
 public:
  Logins(const MasterKey& master, const protocol::Topics& topics) : master_(master), topics_(topics) {}
  /// A client for the device, tied to its client id, with a role of its own that has exactly its four topics.
  /// Nothing if the master key that the password was derived under is gone.
  [[nodiscard]] std::optional<Commands> admit(const registry::PasswordLogin& login) const;

 private:
  const MasterKey& master_;
  const protocol::Topics& topics_;
};

/// The size of the message with these commands, at most.
[[nodiscard]] std::size_t bytes_of(std::span<const Command> commands);
/// How many of the first commands make a message of at most this many bytes; at least one.
[[nodiscard]] std::size_t count_fitting(std::span<const Command> commands, std::size_t bytes);
/// The message with these commands. `correlation` comes back with each reply.
[[nodiscard]] std::string write_commands(std::string_view correlation, std::span<const Command> commands);
/// The replies to the commands with this correlation; nothing if it is another message.
[[nodiscard]] std::optional<std::vector<Reply>> read_replies(std::string_view correlation,
                                                             std::string_view payload);

}  // namespace latchkey::service::access
