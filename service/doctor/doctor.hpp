#pragma once

#include "crypto/certificate.hpp"
#include "crypto/secret.hpp"
#include "service/config/config.hpp"
#include "service/doctor/finding.hpp"

// The checks of `latchkey doctor`. They change nothing and do not disturb a running service. Each ends within
// seconds. A check that depends on a failed one is reported as skipped.
namespace latchkey::service {

/// Checks the broker: reachable, its certificate, the login, the rights on topics, its message limits, and
/// whether it accepts commands from the account of [broker_access]. Connects with client ids of its own and
/// publishes only to topics of such an id, which a running service ignores. The keep alive, which takes
/// longer than all others together, is checked if there is no problem, here and with `is_well` before.
[[nodiscard]] Findings examine_broker(const Config& config, const crypto::Secret& password,
                                      const crypto::Secret& access_password, bool is_well);

/// Checks the database: reachable, its schema, the login's rights; by its help also this machine's clock, and
/// services that share a client id.
[[nodiscard]] Findings examine_database(const Config& config, const crypto::Secret& password);

/// Checks the rights of devices: valid beside the roots of this configuration, and such that the broker's
/// mode can enforce them. Only problems are reported.
[[nodiscard]] Findings examine_rights(const Config& config, const crypto::Secret& password);

/// Checks the certificates and keys of [pki], and when they expire.
[[nodiscard]] Findings examine_certificates(const Config& config, crypto::Time now);

/// A finding if the certificate expires within a month: `name` is the certificate's, `todo` says how to renew
/// it.
[[nodiscard]] std::vector<Finding> ends_soon(std::string_view check, std::string_view code,
                                             const std::string& name, const crypto::Certificate& certificate,
                                             crypto::Time now, const std::string& todo);

}  // namespace latchkey::service
