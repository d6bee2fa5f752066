#pragma once

#include "gate/acl.hpp"
#include "gate/certificate.hpp"
#include "gate/control.hpp"
#include "gate/sessions.hpp"

#include <chrono>
#include <deque>
#include <map>

namespace latchkey::gate {

/// The plugin's options, without `plugin_opt_`.
using Options = std::map<std::string, std::string>;

struct Settings {
  Names names;
  std::string device_ca;
  std::string state;
  std::size_t most_entries = 1'000'000;
};
/// The error is a sentence that names the option that is unknown, missing or wrong.
[[nodiscard]] std::expected<Settings, std::string> read_options(const Options& options);

/// A CONNECT packet; after a SIGHUP also a session about which the broker asks whether it may continue.
struct Connect {
  const void* client = nullptr;
  std::string client_id;
  std::string username;  ///< empty: none
  std::string_view password;
  x509_st* certificate = nullptr;
  bool is_websocket = false;
};

/// `drop` closes the connection without a CONNACK, so the device tries again. `defer`: Mosquitto decides.
enum class Admission { accept, accept_as_device, refuse, drop, defer };

/// All decisions of the plugin, without the broker's types. Only the broker's thread calls it.
class Gate {
 public:
  /// Throws std::runtime_error with a sentence for the log.
  explicit Gate(Settings settings);

  /// After `accept_as_device` the caller sets the connection's user name to the client id.
  [[nodiscard]] Admission connect(const Connect& connect);
  [[nodiscard]] Verdict decide(const Asked& asked) const {
    return gate::decide(settings_.names, tables_, asked);
  }
  /// The answer to a control message; nothing if there is none.
  [[nodiscard]] std::optional<std::string> control(const std::string& client_id, std::string_view username,
                                                   std::string_view message);
  void disconnected(const void* client, const std::string& client_id);
  /// The broker is reading its configuration again. Until the next `tick` it also asks about open sessions.
  void reloading() { is_reloading_ = true; }
  /// Does a part of the work that would stall the broker if it were done at once. `now` in Unix seconds.
  void tick(std::uint64_t now);

  /// The next device whose session must end; nothing if there is none.
  [[nodiscard]] std::optional<std::string> next_to_end();
  [[nodiscard]] const std::string& why_closed() const { return journal_.why_closed(); }
  [[nodiscard]] std::string complaint() { return journal_.complaint(); }
  /// Why the last connection was refused: for the log.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  [[nodiscard]] Admission with_certificate(const Connect& connect, const Leaf& leaf);
  [[nodiscard]] Admission with_password(const Connect& connect, std::uint64_t generation);
  [[nodiscard]] Admission without_certificate(const Connect& connect);
  [[nodiscard]] bool is_asked_again(const Connect& connect) const;
  Admission refuse(const char* why);
  Admission drop(const char* why);
  [[nodiscard]] bool may_stay(std::string_view id, const Session& session) const;
  void look_at_changes();

  Settings settings_;
  DeviceCas cas_;
  Tables tables_;
  Journal journal_;
  Control control_;
  Sessions sessions_;
  std::deque<std::string> changed_;  ///< devices whose sessions are to be checked
  std::string why_;
  std::uint64_t aged_at_ = 0;
  bool is_reloading_ = false;
};

}  // namespace latchkey::gate
