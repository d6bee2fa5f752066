#pragma once

#include <string_view>

namespace latchkey::service {

/// A DNS name (letters, digits, '-', '_' and '.', at most 253 characters) or an IPv4 or IPv6 address without
/// brackets.
[[nodiscard]] bool is_host(std::string_view text);

}  // namespace latchkey::service
