#pragma once

#include "crypto/bytes.hpp"

#include <vector>

namespace latchkey::fuzz {

/// Requests in both encodings, as they come from the broker.
void feed_request(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> requests();

/// A JWS and its header, under each `typ`.
void feed_jws(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> signed_messages();

/// A JWE and its header, by either kind of key.
void feed_jwe(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> sealed_secrets();

/// What a device reads of an answer or a configuration, and the service of a status.
void feed_message(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> messages();

}  // namespace latchkey::fuzz
