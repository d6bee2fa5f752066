#include "mqtt/tcp_connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace latchkey::mqtt {
namespace {

using Clock = std::chrono::steady_clock;

std::string why() {
  // A blocking connect() returns these at its timeout.
  return errno == EINPROGRESS || errno == EAGAIN ? "no answer in time"
                                                 : std::generic_category().message(errno);
}

/// SO_SNDTIMEO also limits connect() (socket(7)).
void set_timeouts(int descriptor, Clock::duration limit) {
  const auto us =
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(limit).count(), 1000);
  const timeval time{us / 1000000, us % 1000000};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::expected<Addresses, std::string> resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    return std::unexpected(::gai_strerror(error));
  return Addresses(found, ::freeaddrinfo);
}

}  // namespace

std::expected<TcpConnection, std::string> TcpConnection::open(const std::string& host, std::uint16_t port,
                                                              std::chrono::seconds limit) {
  const auto until = Clock::now() + limit;
  const auto all = resolve(host, std::to_string(port));
  if (!all) return std::unexpected("the name is not found: " + all.error());
  std::string last = "it has no address";
  for (const addrinfo* each = all->get(); each != nullptr; each = each->ai_next) {
    TcpConnection socket(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.descriptor() < 0) continue;
    set_timeouts(socket.descriptor(), until - Clock::now());
    if (::connect(socket.descriptor(), each->ai_addr, each->ai_addrlen) == 0) return socket;
    last = why();
  }
  return std::unexpected(last);
}

std::vector<std::string> addresses_of(const std::string& host) {
  std::vector<std::string> texts;
  const auto all = resolve(host, "0");
  for (const addrinfo* each = all ? all->get() : nullptr; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0)
      texts.emplace_back(text.data());
  }
  return texts;
}

}  // namespace latchkey::mqtt
