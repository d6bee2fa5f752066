#pragma once

#include "base/listen_address.hpp"

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace latchkey::service {

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// Sends one GET, for `latchkey health`; the answer has at most 64 KiB, and all is done within `limit`. For a
/// wildcard address it connects to loopback. The error is a sentence.
[[nodiscard]] std::expected<HttpAnswer, std::string> http_get(const ListenAddress& address,
                                                              std::string_view path,
                                                              std::chrono::milliseconds limit);

}  // namespace latchkey::service
