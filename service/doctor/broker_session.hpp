#pragma once

#include "crypto/secret.hpp"
#include "service/config/config.hpp"
#include "service/doctor/finding.hpp"

// Private to this folder.
namespace latchkey::service {

/// Of the doctor alone, which a running service does not use.
[[nodiscard]] std::string own_client_id();

/// Checks that need a session at the broker: the login, the rights on topics, the in-flight limit, the keep
/// alive. The last one only if there is no problem, here and with `is_well` before.
[[nodiscard]] Findings examine_session(const Config& config, const crypto::Secret& password, bool is_well);

/// Checks that the broker accepts commands from the account of [broker_access].
[[nodiscard]] Finding examine_access(const Config& config, const crypto::Secret& password);

/// Checks that a new connection with the client id of an older one ends that, as broker_access.cut needs.
[[nodiscard]] Finding examine_cut(const Config& config, const crypto::Secret& password);

}  // namespace latchkey::service
