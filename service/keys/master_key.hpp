#pragma once

#include "crypto/mac.hpp"

#include <array>
#include <filesystem>
#include <optional>

namespace latchkey::service {

/// Names a master key without saying anything of it.
using MasterKeyId = std::array<std::uint8_t, 8>;

/// The master key and what is derived from it; each use has a key of its own (docs/protocol.md, 4). While it
/// is rotated there are two: the new one seals and derives, the previous one still opens.
class MasterKey {
 public:
  /// 32 bytes.
  explicit MasterKey(crypto::Secret key, crypto::Secret previous = {});
  [[nodiscard]] crypto::Secret derive(std::string_view label) const;
  [[nodiscard]] const MasterKeyId& id() const noexcept { return id_; }
  /// What the key of this id gives for a label; nothing if it is neither.
  [[nodiscard]] std::optional<crypto::Secret> derive_under(const MasterKeyId& id,
                                                           std::string_view label) const;
  /// The shared subscription's name: a secret, since whoever joins it swallows requests.
  [[nodiscard]] std::string share_group() const;

  /// A key for the registry: version, the master key's id, AES-256-GCM. `purpose` binds it to its row, so
  /// that a sealed key copied to another row does not open: "group:<name>" or "device:<id>". The same gives
  /// the same text, so that it shows in the registry whether a device is enrolled with this key already.
  [[nodiscard]] crypto::Bytes seal(std::string_view purpose, crypto::ByteView key) const;
  [[nodiscard]] crypto::Result<crypto::Secret> open(std::string_view purpose, crypto::ByteView sealed) const;

 private:
  [[nodiscard]] crypto::Bytes iv_for(std::string_view purpose, crypto::ByteView key) const;

  crypto::Secret key_;
  crypto::Secret previous_;  ///< empty: none
  MasterKeyId id_;
  MasterKeyId previous_id_;
};

/// From files of 32 raw bytes or one base64 line; `previous` may be empty. The error names the file.
[[nodiscard]] crypto::Result<MasterKey> load_master_key(const std::filesystem::path& file,
                                                        const std::filesystem::path& previous = {});

}  // namespace latchkey::service
