#pragma once

#include <functional>
#include <string>

namespace latchkey::bench {

/// The OpenSSL operations that provision one device (HS256, a CSR for a P-256 key), with prepared keys and
/// contexts, without DER or JSON: opens the sealed group key, derives the device's key, checks the request's
/// MAC, verifies the CSR, signs the certificate, derives the answer key and signs the answer; with `sealing`
/// also derives the sealing key and seals a secret. For one thread.
[[nodiscard]] std::function<void()> hs256_csr_floor(bool sealing = false);
/// The same for a proof by an X.509 chain: three verifications (chain, proof, CSR) and two signatures
/// (certificate, answer); with `sealing` the AEAD of a secret, without the key agreement.
[[nodiscard]] std::function<void()> es256_x5c_csr_floor(bool sealing = false);

/// Measures both for `seconds` each, on one thread and on `threads` at once. Returns a JSON object.
[[nodiscard]] std::string measure_floor(double seconds, unsigned threads);

}  // namespace latchkey::bench
