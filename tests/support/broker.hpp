#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace latchkey::test {

/// A Mosquitto of the test's own, on a free port of 127.0.0.1, in a temporary folder that goes with it.
/// Throws std::runtime_error when it cannot be started.
class Broker {
 public:
  /// Starts it. `more` is added to its configuration: by default anybody may do anything.
  explicit Broker(const std::string& more = "allow_anonymous true\n");
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Returns when it accepts connections.
  void start();
  void stop();     ///< SIGTERM, and waits: its clients are told
  void kill();     ///< SIGKILL, and waits
  void restart();  ///< kill and start; it remembers nothing
  void pause();    ///< SIGSTOP: it accepts connections and says nothing
  void resume();

  [[nodiscard]] std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  void end(int signal);
  [[nodiscard]] bool accepts_connections() const;

  std::filesystem::path folder_;
  std::uint16_t port_;
  pid_t process_ = -1;
};

/// Connects a blocking TCP socket to 127.0.0.1; -1 when nobody listens. The caller closes it.
[[nodiscard]] int connect_tcp(std::uint16_t port);

}  // namespace latchkey::test
