#pragma once

#include "crypto/secret.hpp"
#include "service/config/config.hpp"
#include "service/doctor/finding.hpp"

// Private to this folder.
namespace latchkey::service {

/// What shows only to who is logged in at the broker: the login itself, the rights on topics, the in-flight
/// limit.
[[nodiscard]] Findings examine_session(const Config& config, const crypto::Secret& password);

/// Whether the broker takes commands from the account of [broker_access].
[[nodiscard]] Finding examine_access(const Config& config, const crypto::Secret& password);

}  // namespace latchkey::service
