#pragma once

#include "crypto/secret.hpp"

// Private to this folder.
namespace latchkey::crypto {

/// One block of a PEM text (RFC 7468, 2). A Secret, since a text may hold a private key as well.
struct PemBlock {
  std::string label;
  Secret der;
};

/// All blocks in order, none if there is none; what stands between them is ignored, as everywhere.
[[nodiscard]] Result<std::vector<PemBlock>> read_pem(ByteView text);

}  // namespace latchkey::crypto
