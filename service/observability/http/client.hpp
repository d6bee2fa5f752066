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

/// GET, as `latchkey health` needs it: one request, an answer of at most 64 KiB, all within `limit`. An
/// address that means every interface is asked on loopback. The error is a sentence.
[[nodiscard]] std::expected<HttpAnswer, std::string> http_get(const ListenAddress& address,
                                                              std::string_view path,
                                                              std::chrono::milliseconds limit);

}  // namespace latchkey::service
