#pragma once

#include "crypto/certificate.hpp"
#include "crypto/secret.hpp"
#include "protocol/device_id.hpp"

#include <string>
#include <string_view>

namespace latchkey::service {

/// Stateless challenges (docs/protocol.md, 2): a nonce consists of its time, random bytes and an HMAC over
/// both and the device id, so that every replica can verify it and none stores it.
class Nonces {
 public:
  explicit Nonces(crypto::Secret key) : key_(std::move(key)) {}

  [[nodiscard]] std::string make(const protocol::DeviceId& id, crypto::Time now) const;
  /// True if it was made for this device, at most `limits::nonce_life` ago.
  [[nodiscard]] bool valid(std::string_view nonce, const protocol::DeviceId& id, crypto::Time now) const;

 private:
  crypto::Secret key_;
};

}  // namespace latchkey::service
