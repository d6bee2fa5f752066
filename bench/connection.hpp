#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::bench {

struct Broker {
  std::string host = "127.0.0.1";
  std::uint16_t port = 1883;
  std::string username;
  std::string password;
};

/// An MQTT connection over TCP with TCP_NODELAY: without it a request waits 40 ms for the TCP acknowledgement
/// of the one before. Throws std::runtime_error when the broker closes the connection.
class Connection {
 public:
  /// Connects and sends CONNECT. Does not wait for the CONNACK.
  Connection(const Broker& broker, const std::string& client_id);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// Appends to the buffer that `flush` sends.
  void send(std::string_view bytes) { out_ += bytes; }
  /// Writes as much as the socket accepts now; true when the buffer is empty.
  bool flush();
  /// Appends what the socket has to `received`.
  void receive();
  [[nodiscard]] std::string_view received() const noexcept { return in_; }
  /// Drops all but the last `left` bytes of `received`.
  void keep(std::size_t left) { in_.erase(0, in_.size() - left); }
  [[nodiscard]] std::uint16_t next_packet_id() noexcept {
    return ++packet_id_ == 0 ? ++packet_id_ : packet_id_;
  }

  bool dirty = false;    ///< has something to flush
  bool blocked = false;  ///< the socket's buffer is full

 private:
  int descriptor_ = -1;
  std::uint16_t packet_id_ = 0;
  std::string in_;
  std::string out_;
};

}  // namespace latchkey::bench
