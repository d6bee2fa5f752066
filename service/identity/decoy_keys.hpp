#pragma once

#include "registry/model.hpp"
#include "service/keys/master_key.hpp"

namespace latchkey::service {

/// What a proof is checked against when there is nobody it could be of: an unknown id costs the same work as
/// a wrong proof of a known one, and the time tells a prober nothing.
class DecoyKeys {
 public:
  explicit DecoyKeys(const MasterKey& master);

  /// A group with a symmetric key that was derived for this and that no device has.
  [[nodiscard]] const registry::Enrolment& symmetric() const noexcept { return symmetric_; }
  /// A key of this algorithm, whose private half is forgotten. Not for hs256.
  [[nodiscard]] const crypto::PublicKey& key(crypto::Algorithm algorithm) const;

 private:
  registry::Enrolment symmetric_;
  std::vector<crypto::PublicKey> keys_;
};

}  // namespace latchkey::service
