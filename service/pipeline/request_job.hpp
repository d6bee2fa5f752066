#pragma once

#include "protocol/request.hpp"
#include "service/pipeline/inbox.hpp"

namespace latchkey::service {

/// A request on its way through the pipeline.
struct RequestJob {
  Inbound inbound;  ///< without its payload: what was plain had a token in it
  std::size_t bytes;
  std::string tracking_id;
  std::expected<protocol::ReceivedRequest, protocol::InvalidRequest> decoded;

  [[nodiscard]] std::optional<std::string> request_id() const {
    if (!decoded) return decoded.error().request_id;
    return decoded->request.request_id;
  }
};

}  // namespace latchkey::service
