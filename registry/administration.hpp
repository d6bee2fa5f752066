#pragma once

#include "registry/registry.hpp"

#include <optional>
#include <string>
#include <vector>

/// The command line's calls of the registry, by the login of an operator or the owner, each with a
/// short-lived connection.
namespace latchkey::registry {

/// `what` is one sentence for people; `hint` is PostgreSQL's HINT, or empty. SQLSTATE 42501 is `permission`;
/// a deadlock or a conflict with another transaction is `contention`: the same statement may succeed later.
struct AdminError {
  enum class Kind { unavailable, permission, contention, refused } kind = Kind::refused;
  std::string what;
  std::string hint;
};

struct GroupEnrolment {
  std::string name;
  std::string proof;       ///< symmetric_key | x509 | token
  crypto::Bytes material;  ///< sealed key, CA certificate (DER), or token SHA-256
  std::optional<std::int64_t> max_devices;
  std::optional<std::string> device_id_pattern;
  std::optional<std::string> valid_from;  ///< RFC 3339
  std::optional<std::string> valid_until;
  std::optional<std::int64_t> lifetime_s;
  std::optional<std::int64_t> unused_life_s;
  std::optional<std::int64_t> renewal_grace_days;
  bool revoke_retired = false;
  std::optional<std::string> config;
  std::optional<std::string> id_from;  ///< x509: common_name | dns_name | uri | serial_number
  std::string admission = "automatic";
  std::string reprovisioning = "rotate";
  std::vector<std::string> credential_types = {"x509"};
  std::string sealing = "possible";
  std::string token_attributes = "reported";
};

struct DeviceEnrolment {
  std::string device_id;
  std::optional<std::string> group;
  std::string proof;       ///< symmetric_key | public_key | x509 | token | group
  crypto::Bytes material;  ///< sealed key, SubjectPublicKeyInfo, fingerprint, token SHA-256, or nothing
  std::optional<std::string> config;
};

/// Calls registry.enroll_group / registry.enroll_device with this login's rights.
[[nodiscard]] std::expected<void, AdminError> enroll(const ConnectOptions& options,
                                                     const GroupEnrolment& group);
[[nodiscard]] std::expected<void, AdminError> enroll(const ConnectOptions& options,
                                                     const DeviceEnrolment& device);

}  // namespace latchkey::registry
