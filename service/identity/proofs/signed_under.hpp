#pragma once

#include "service/identity/proofs/proof.hpp"

// Private to this folder: verification of signatures and MACs.
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
/// The same for a proof by MAC. Takes the same time whether it matches or not.
[[nodiscard]] bool mac_matches(const protocol::SignatureProof& proof, crypto::ByteView key);
/// True if one of our CAs issued the certificate to this device. Checked again, so that write access to the
/// registry is not enough to forge a renewal, or a `connected`.
[[nodiscard]] bool was_issued_to(const protocol::DeviceId& id, const crypto::Certificate& certificate,
                                 const std::vector<crypto::Certificate>& own);

}  // namespace latchkey::service
