#pragma once

#include "service/config/config.hpp"
#include "service/keys/pki.hpp"

#include <memory>

namespace latchkey::service {

/// The service's certificates and keys, validated.
struct Pki {
  crypto::Issuer issuer;  ///< signs device certificates
  /// Signs answers; moving the Pki does not change its address.
  std::unique_ptr<const crypto::Identity> signing;
  /// DER: sent after a device's certificate, the issuer first, without the root.
  std::vector<crypto::Bytes> chain_below_root;
  /// DER: connection.ca_file; empty if devices keep their anchors.
  std::vector<crypto::Bytes> connection_anchors;
  std::vector<crypto::Certificate> own;  ///< all certificates that were loaded; none may be a factory's CA
};

/// Loads the files of [pki] and `connection.ca_file` and checks the rules of docs/protocol.md, 3. Returns all
/// errors, not only the first.
[[nodiscard]] std::expected<Pki, Complaints> load_pki(const Config& config, crypto::Time now);

}  // namespace latchkey::service
