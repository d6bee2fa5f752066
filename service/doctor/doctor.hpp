#pragma once

#include "crypto/certificate.hpp"
#include "crypto/secret.hpp"
#include "service/config/config.hpp"
#include "service/doctor/finding.hpp"

// What `latchkey doctor` looks at. Nothing is changed anywhere, and a service that runs is not disturbed.
// Each ends within seconds, whatever it meets; what depends on something that failed is skipped and says so.
namespace latchkey::service {

/// The broker: reachable, its certificate, the login, the rights on topics, its limits on messages; and
/// whether it takes commands from the account of [broker_access]. It connects under client ids of its own,
/// and publishes to topics of such an id only, which a running service passes over.
[[nodiscard]] Findings examine_broker(const Config& config, const crypto::Secret& password,
                                      const crypto::Secret& access_password);

/// The database: reachable, its schema, the rights of the login, and by it this machine's clock and services
/// that share a client id.
[[nodiscard]] Findings examine_database(const Config& config, const crypto::Secret& password);

/// The certificates and keys of [pki], and how long they still last.
[[nodiscard]] Findings examine_certificates(const Config& config, crypto::Time now);

/// A certificate that ends within a month, if it does: `name` says which one, `todo` what renews it.
[[nodiscard]] std::vector<Finding> ends_soon(std::string_view check, std::string_view code,
                                             const std::string& name, const crypto::Certificate& certificate,
                                             crypto::Time now, const std::string& todo);

}  // namespace latchkey::service
