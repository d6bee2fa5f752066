#pragma once

#include "service/identity/proofs/proof.hpp"

// Private to this folder: verification for proofs by a private key.
namespace latchkey::service {

/// A key, or why there is none.
using MaybeKey = crypto::Result<crypto::PublicKey>;

[[nodiscard]] MaybeKey no_key();
[[nodiscard]] MaybeKey key_of(const crypto::Result<crypto::Certificate>& certificate);
/// True if the key is for the proof's algorithm.
[[nodiscard]] bool fits(const MaybeKey& key, const protocol::SignatureProof& proof);
/// Verifies exactly one signature: against a decoy if there is no key or it is for another algorithm.
[[nodiscard]] bool signed_under(const MaybeKey& key, const protocol::SignatureProof& proof,
                                const DecoyKeys& decoys);

}  // namespace latchkey::service
