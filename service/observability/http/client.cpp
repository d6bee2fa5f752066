#include "service/observability/http/client.hpp"

#include "base/descriptor.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace latchkey::service {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t most_bytes = 64UL * 1024;

std::string why() {
  return std::generic_category().message(errno);
}

/// Waits until `descriptor` is ready for `event`. False sets errno.
bool await(int descriptor, short event, Clock::time_point until) {
  pollfd entry{descriptor, event, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  if (left > 0 && ::poll(&entry, 1, static_cast<int>(left)) == 1) return true;
  errno = ETIMEDOUT;
  return false;
}

bool connect_to(int descriptor, const SocketAddress& address, Clock::time_point until) {
  if (::connect(descriptor, address.get(), address.size) == 0) return true;
  if (errno != EINPROGRESS || !await(descriptor, POLLOUT, until)) return false;
  socklen_t size = sizeof errno;
  int error = 0;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error == 0;
}

std::expected<std::string, std::string> read_all(int descriptor, Clock::time_point until) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() < most_bytes) {
    if (!await(descriptor, POLLIN, until)) return std::unexpected(why());
    const ssize_t size = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    if (size < 0) return std::unexpected(why());
    if (size == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::expected<HttpAnswer, std::string> parse(std::string_view text) {
  HttpAnswer answer;
  // "HTTP/1.1 200 OK"
  const auto space = text.find(' ');
  const auto end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.") || space > text.size() - 4 || end == std::string_view::npos)
    return std::unexpected("the answer is not HTTP");
  std::from_chars(text.data() + space + 1, text.data() + space + 4, answer.status);
  answer.body = text.substr(end + 4);
  return answer;
}

}  // namespace

std::expected<HttpAnswer, std::string> http_get(const ListenAddress& asked, std::string_view path,
                                                std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  ListenAddress address = asked;
  if (address.ip == "0.0.0.0") address.ip = "127.0.0.1";
  if (address.ip == "::") address.ip = "::1";
  const SocketAddress to = address.socket_address();
  const Descriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid() || !connect_to(socket.number(), to, until)) return std::unexpected(why());
  const std::string request =
      "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  // The request fits into the empty buffer of any socket.
  if (::send(socket.number(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return std::unexpected(why());
  const auto text = read_all(socket.number(), until);
  if (!text) return std::unexpected(text.error());
  return parse(*text);
}

}  // namespace latchkey::service
