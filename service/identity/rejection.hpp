#pragma once

#include "protocol/code.hpp"
#include "registry/reason.hpp"

namespace latchkey::service {

/// Why a request gets no credential: the code for the device, the real cause for the ledger and the log.
struct Rejection {
  protocol::Code code;
  registry::Cause cause;
};

}  // namespace latchkey::service
