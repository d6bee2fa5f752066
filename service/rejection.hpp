#pragma once

#include "protocol/code.hpp"

#include <string>

namespace latchkey::service {

/// Why a request gets nothing: the code for the device, the true reason for the ledger.
struct Rejection {
  protocol::Code code;
  std::string reason;
};

}  // namespace latchkey::service
