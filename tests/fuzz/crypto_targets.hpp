#pragma once

#include "crypto/bytes.hpp"

#include <vector>

namespace latchkey::fuzz {

/// The issued-certificate reader, and its comparison with what was meant.
void feed_issued(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> issued_seeds();

/// PKCS#10 requests.
void feed_request_for_certificate(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> requests_for_certificates();

/// Certificates of other people's making: names, the way to a CA, what a device checks of a signer.
void feed_certificate(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> certificates();

}  // namespace latchkey::fuzz
