#pragma once

#include "crypto/secret.hpp"

// Private to this folder.
namespace latchkey::crypto {

/// One block of a PEM text (RFC 7468, 2). A Secret, since a text may hold a private key as well.
struct PemBlock {
  std::string label;
  Secret der;
};

/// All blocks in order; may be none. Text between blocks is ignored (RFC 7468, 2).
[[nodiscard]] Result<std::vector<PemBlock>> read_pem(ByteView text);

}  // namespace latchkey::crypto
