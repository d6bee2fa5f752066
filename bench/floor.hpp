#pragma once

#include <functional>
#include <string>

namespace latchkey::bench {

/// What provisioning one device (HS256, a CSR for a P-256 key) costs in OpenSSL alone: keys and contexts
/// prepared, no DER, no JSON. Opens the sealed group key, derives the device's key, checks the request's MAC,
/// verifies the CSR, signs the certificate, derives the answer key and signs the answer; with `sealing` also
/// derives the sealing key and seals a secret. For one thread.
[[nodiscard]] std::function<void()> hs256_csr_floor(bool sealing = false);
/// Three verifications (chain, proof, CSR) and two signatures (certificate, answer); with `sealing` the AEAD
/// of a secret, without the key agreement.
[[nodiscard]] std::function<void()> es256_x5c_csr_floor(bool sealing = false);

/// Both, `seconds` each on one thread and on `threads` at once: a JSON object.
[[nodiscard]] std::string measure_floor(double seconds, unsigned threads);

}  // namespace latchkey::bench
