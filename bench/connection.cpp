#include "bench/connection.hpp"

#include "bench/wire.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace latchkey::bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

int connected_socket(const Broker& broker) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(broker.port);
  if (::getaddrinfo(broker.host.c_str(), port.c_str(), &hints, &found) != 0)
    throw std::runtime_error("unknown host " + broker.host);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int descriptor = ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    if (descriptor < 0) continue;
    if (::connect(descriptor, each->ai_addr, each->ai_addrlen) == 0) return descriptor;
    ::close(descriptor);
  }
  fail("cannot connect to the broker");
}

}  // namespace

Connection::Connection(const Broker& broker, const std::string& client_id)
    : descriptor_(connected_socket(broker)) {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
  send(wire::connect(client_id, broker.username, broker.password));
}

Connection::~Connection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Connection::flush() {
  std::size_t done = 0;
  while (done < out_.size()) {
    const ssize_t written = ::send(descriptor_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL);
    if (written < 0 && errno == EAGAIN) break;
    if (written < 0) fail("the broker closed a connection");
    done += static_cast<std::size_t>(written);
  }
  out_.erase(0, done);
  return out_.empty();
}

void Connection::receive() {
  std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  while (true) {
    const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) fail("the broker closed a connection");
    in_.append(buffer.data(), static_cast<std::size_t>(size));
    if (static_cast<std::size_t>(size) < buffer.size()) return;
  }
}

}  // namespace latchkey::bench
