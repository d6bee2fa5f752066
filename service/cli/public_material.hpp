#pragma once

#include "service/cli/outcome.hpp"

#include <string>

// Reads public material of enrolments from files.
namespace latchkey::cli {

/// The CA certificate in a PEM file, as DER. Checks that it can verify chains and is none of the service's
/// own; if the service's configuration or certificates cannot be read, prints that the latter was not
/// checked. The service checks it again at each use.
[[nodiscard]] Result<crypto::Bytes> read_group_ca(const std::string& file, const std::string& config_file);

/// The public key in a PEM block "PUBLIC KEY" or a JWK, as DER SubjectPublicKeyInfo.
[[nodiscard]] Result<crypto::Bytes> read_public_key(const std::string& file);

/// SHA-256 of the only certificate in a PEM file. It must be no CA and have an accepted key.
[[nodiscard]] Result<crypto::Bytes> read_certificate_fingerprint(const std::string& file);

}  // namespace latchkey::cli
