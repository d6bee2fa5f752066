#pragma once

#include "crypto/mac.hpp"

#include <filesystem>

namespace latchkey::service {

/// The master key and what is derived from it; each use has a key of its own (docs/protocol.md, 4).
class MasterKey {
 public:
  /// 32 bytes.
  explicit MasterKey(crypto::Secret key) : key_(std::move(key)) {}
  [[nodiscard]] crypto::Secret derive(std::string_view label) const;
  /// The shared subscription's name: a secret, since whoever joins it swallows requests.
  [[nodiscard]] std::string share_group() const;

  /// A key for the registry: version, the master key's id, AES-256-GCM. `purpose` binds it to its row, so
  /// that a sealed key copied to another row does not open: "group:<name>" or "device:<id>".
  [[nodiscard]] crypto::Bytes seal(std::string_view purpose, crypto::ByteView key) const;
  [[nodiscard]] crypto::Result<crypto::Secret> open(std::string_view purpose, crypto::ByteView sealed) const;

 private:
  crypto::Secret key_;
};

/// From a file of 32 raw bytes or one base64 line. The error names the file.
[[nodiscard]] crypto::Result<MasterKey> load_master_key(const std::filesystem::path& file);

}  // namespace latchkey::service
