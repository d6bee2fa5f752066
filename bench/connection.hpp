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

/// One TCP connection with TCP_NODELAY: else a request waits 40 ms for the acknowledgement of the one before.
/// A connection that the broker closes is thrown as std::runtime_error.
class Connection {
 public:
  /// Connects and logs in; the CONNACK is still to come.
  Connection(const Broker& broker, const std::string& client_id);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// To be sent by the next `flush`.
  void send(std::string_view bytes) { out_ += bytes; }
  /// Writes what the socket takes now; true when nothing is left.
  bool flush();
  /// Reads what is there behind what was left over.
  void receive();
  [[nodiscard]] std::string_view received() const noexcept { return in_; }
  /// All but the last `left` bytes are done with.
  void keep(std::size_t left) { in_.erase(0, in_.size() - left); }
  [[nodiscard]] std::uint16_t next_packet_id() noexcept {
    return ++packet_id_ == 0 ? ++packet_id_ : packet_id_;
  }

  bool dirty = false;    ///< has something to flush
  bool blocked = false;  ///< the socket took less than all

 private:
  int descriptor_ = -1;
  std::uint16_t packet_id_ = 0;
  std::string in_;
  std::string out_;
};

}  // namespace latchkey::bench
