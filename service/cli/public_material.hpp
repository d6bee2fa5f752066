#pragma once

#include "service/cli/outcome.hpp"

#include <string>

// What an enrolment keeps of a proof that is no secret, from a file.
namespace latchkey::cli {

/// The one CA certificate of a PEM file, as DER: a CA that chains can be checked by, and none of the
/// service's own where the service's configuration and certificates can be read; otherwise a line on stderr
/// says that this was not checked. The service checks it again whenever it is used.
[[nodiscard]] Result<crypto::Bytes> read_group_ca(const std::string& file, const std::string& config_file);

/// A PEM block "PUBLIC KEY" or a JWK, as DER of the SubjectPublicKeyInfo.
[[nodiscard]] Result<crypto::Bytes> read_public_key(const std::string& file);

/// SHA-256 of the one certificate of a PEM file, which is no CA's and has a key that is accepted.
[[nodiscard]] Result<crypto::Bytes> read_certificate_fingerprint(const std::string& file);

}  // namespace latchkey::cli
