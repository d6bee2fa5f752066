#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace latchkey::test {

/// A Mosquitto for one test, on a free port of 127.0.0.1, with a temporary folder that the destructor
/// removes. Throws std::runtime_error when it cannot start.
class Broker {
 public:
  /// Starts it. `more` is appended to its configuration; by default every client may do everything.
  explicit Broker(const std::string& more = "allow_anonymous true\n");
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Returns when the broker accepts connections.
  void start();
  void stop();     ///< SIGTERM, and waits: the broker disconnects its clients
  void kill();     ///< SIGKILL, and waits
  void restart();  ///< kill and start; no state is kept
  void pause();    ///< SIGSTOP: the kernel accepts connections, the broker does not answer
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

/// Connects a blocking TCP socket to 127.0.0.1; -1 when nothing listens. The caller closes it.
[[nodiscard]] int connect_tcp(std::uint16_t port);

}  // namespace latchkey::test
