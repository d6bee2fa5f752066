#pragma once

#include "crypto/bytes.hpp"

#include <vector>

// The device in C: what it reads from the network.
namespace latchkey::fuzz {

/// Its reader of JSON accepts what protocol/json.hpp accepts, and nothing else.
void feed_c_json(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> json_texts();

/// Its reader of certificates; what OpenSSL reads too is read in the same way.
void feed_c_certificate(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> signer_certificates();

/// Its state machine: each byte of the input is something that happens, a message takes what follows up to a
/// NUL.
void feed_c_machine(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> courses();

}  // namespace latchkey::fuzz
