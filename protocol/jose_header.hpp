#pragma once

#include "crypto/jws.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::protocol {

/// A JWS protected header (docs/protocol.md, 2). Any other member is an error.
struct JoseHeader {
  crypto::Algorithm algorithm;
  std::optional<std::string> kid;
  std::vector<crypto::Bytes> x5c;  ///< leaf first
  std::optional<crypto::Sha256Digest> x5t_s256;
};

/// Parses a header whose `typ` must be `type`. The error names the member.
[[nodiscard]] std::expected<JoseHeader, std::string> read_jose_header(crypto::ByteView header,
                                                                      std::string_view type);

}  // namespace latchkey::protocol
