#pragma once

#include "service/identity/proofs/proof.hpp"

// Private to this folder: what proofs by a private key share.
namespace latchkey::service {

/// A key, or why there is none.
using MaybeKey = crypto::Result<crypto::PublicKey>;

[[nodiscard]] MaybeKey no_key();
[[nodiscard]] MaybeKey key_of(const crypto::Result<crypto::Certificate>& certificate);
/// It is of the algorithm that the proof names.
[[nodiscard]] bool fits(const MaybeKey& key, const protocol::SignatureProof& proof);
/// Always one verification, against a decoy if there is no key or it is of another algorithm.
[[nodiscard]] bool signed_under(const MaybeKey& key, const protocol::SignatureProof& proof,
                                const DecoyKeys& decoys);

}  // namespace latchkey::service
