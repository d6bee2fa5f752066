#pragma once

#include "service/config/config.hpp"
#include "service/keys/pki.hpp"

#include <memory>

namespace latchkey::service {

/// What the service needs of it, checked.
struct Pki {
  crypto::Issuer issuer;                            ///< of device certificates
  std::unique_ptr<const crypto::Identity> signing;  ///< of answers; its address stays when the Pki is moved
  std::vector<crypto::Bytes>
      chain_below_root;  ///< DER: what follows a device's certificate, the issuer first; no root
  std::vector<crypto::Bytes> connection_anchors;  ///< DER: connection.ca_file, empty if devices keep theirs
  std::vector<crypto::Certificate> own;           ///< all that were loaded: none is a factory's
};

/// Loads what [pki] and `connection.ca_file` name and refuses what docs/protocol.md, 3 forbids. Lists all
/// that is wrong.
[[nodiscard]] std::expected<Pki, Complaints> load_pki(const Config& config, crypto::Time now);

}  // namespace latchkey::service
