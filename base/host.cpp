#include "base/host.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

namespace latchkey::service {
namespace {

constexpr std::size_t longest_name = 253;  // RFC 1035, 2.3.4, as text
constexpr std::size_t longest_label = 63;

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && !label.starts_with('-') &&
         !label.ends_with('-') && std::ranges::all_of(label, is_label_character);
}

bool is_ipv6(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

}  // namespace

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > longest_name) return false;
  if (text.contains(':')) return is_ipv6(std::string(text));
  // An IPv4 address is made of labels too.
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace latchkey::service
