#include "mqtt/tcp_nodelay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace latchkey::mqtt {
namespace {

/// The port at the other end of an IP socket; 0 when `descriptor` is anything else.
std::uint16_t peer_port(int descriptor) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (storage.ss_family == AF_INET) std::memcpy(&v4, &storage, sizeof v4);
  if (storage.ss_family == AF_INET6) std::memcpy(&v6, &storage, sizeof v6);
  return ntohs(storage.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
}

std::optional<int> descriptor_of(const std::filesystem::path& link) {
  const std::string name = link.filename().string();
  int descriptor = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), descriptor);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return descriptor;
}

}  // namespace

void set_tcp_nodelay(std::uint16_t port) {
  const int on = 1;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const auto descriptor = descriptor_of(entry->path());
    if (descriptor && peer_port(*descriptor) == port) {
      ::setsockopt(*descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
  }
}

}  // namespace latchkey::mqtt
