#pragma once

#include "crypto/chain.hpp"

#include <expected>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::service {

/// The CAs of X.509 groups, made ready once each. May be used from several threads.
class GroupAnchors {
 public:
  /// `own`: the service's CAs and anchors, which are never a group's (docs/protocol.md, 2).
  explicit GroupAnchors(std::vector<crypto::Certificate> own) : own_(std::move(own)) {}

  /// The error is why it is not accepted, for the ledger.
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
