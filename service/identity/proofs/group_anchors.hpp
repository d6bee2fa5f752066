#pragma once

#include "crypto/chain.hpp"

#include <expected>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::service {

/// A cache of the prepared CAs of X.509 groups. Thread-safe.
class GroupAnchors {
 public:
  /// `own` are the service's CAs and anchors, which a group must not use (docs/protocol.md, 2).
  explicit GroupAnchors(std::vector<crypto::Certificate> own) : own_(std::move(own)) {}

  /// The error says, for the ledger, why the CA is not accepted.
  [[nodiscard]] std::expected<crypto::TrustAnchor, std::string> anchor(const crypto::Bytes& ca);
  [[nodiscard]] const std::vector<crypto::Certificate>& own() const noexcept { return own_; }

 private:
  using Entry = std::expected<crypto::TrustAnchor, std::string>;
  [[nodiscard]] Entry prepare(const crypto::Bytes& ca) const;

  const std::vector<crypto::Certificate> own_;
  std::mutex mutex_;
  std::map<crypto::Bytes, Entry> prepared_;
};

}  // namespace latchkey::service
