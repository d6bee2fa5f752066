#pragma once

#include "registry/model.hpp"
#include "service/keys/master_key.hpp"

namespace latchkey::service {

/// Keys to check a proof against when no enrolment matches, so that an unknown id takes the same time as a
/// wrong proof of a known one.
class DecoyKeys {
 public:
  explicit DecoyKeys(const MasterKey& master);

  /// A group whose symmetric key is derived for this purpose; no device has it.
  [[nodiscard]] const registry::Enrolment& symmetric() const noexcept { return symmetric_; }
  /// A public key of this algorithm, whose private key was discarded. Not for hs256.
  [[nodiscard]] const crypto::PublicKey& key(crypto::Algorithm algorithm) const;

 private:
  registry::Enrolment symmetric_;
  std::vector<crypto::PublicKey> keys_;
};

}  // namespace latchkey::service
