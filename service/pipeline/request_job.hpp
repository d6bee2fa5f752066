#pragma once

#include "protocol/request.hpp"
#include "service/pipeline/inbox.hpp"

namespace latchkey::service {

/// A request in the pipeline.
struct RequestJob {
  Inbound inbound;  ///< without its payload, which may have contained a token
  std::size_t bytes;
  std::string tracking_id;
  std::expected<protocol::ReceivedRequest, protocol::InvalidRequest> decoded;

  [[nodiscard]] std::optional<std::string> request_id() const {
    if (!decoded) return decoded.error().request_id;
    return decoded->request.request_id;
  }
};

}  // namespace latchkey::service
