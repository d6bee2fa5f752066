#include "protocol/signature_proof.hpp"

#include <utility>

namespace latchkey::protocol {

SignatureProof proof_of(crypto::CompactJws&& jws, JoseHeader&& header) {
  return {.algorithm = header.algorithm,
          .kid = std::move(header.kid),
          .chain = std::move(header.x5c),
          .current_certificate = header.x5t_s256,
          .signing_input = std::string(jws.signing_input),
          .signature = std::move(jws.signature)};
}

}  // namespace latchkey::protocol
