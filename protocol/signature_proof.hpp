#pragma once

#include "crypto/jws.hpp"
#include "protocol/jose_header.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::protocol {

/// The proof in a message that a device signed: members of the JWS header, the signing input and the
/// signature.
struct SignatureProof {
  crypto::Algorithm algorithm;
  std::optional<std::string> kid;                           ///< a group's name; of a status, also a username
  std::vector<crypto::Bytes> chain;                         ///< `x5c`, leaf first
  std::optional<crypto::Sha256Digest> current_certificate;  ///< `x5t#S256`
  std::string signing_input;
  crypto::Bytes signature;
};

[[nodiscard]] SignatureProof proof_of(crypto::CompactJws&& jws, JoseHeader&& header);

}  // namespace latchkey::protocol
