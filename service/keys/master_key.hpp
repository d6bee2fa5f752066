#pragma once

#include "crypto/mac.hpp"

#include <array>
#include <filesystem>
#include <optional>

namespace latchkey::service {

/// Identifies a master key without revealing it.
using MasterKeyId = std::array<std::uint8_t, 8>;

/// The master key, from which a separate key is derived for each use (docs/protocol.md, 4). During a rotation
/// there are two: the new one seals and derives, the previous one can still open.
class MasterKey {
 public:
  /// 32 bytes.
  explicit MasterKey(crypto::Secret key, crypto::Secret previous = {});
  [[nodiscard]] crypto::Secret derive(std::string_view label) const;
  [[nodiscard]] const MasterKeyId& id() const noexcept { return current_.id; }
  /// Derives from the master key with this id; nothing if it is neither the new nor the previous one.
  [[nodiscard]] std::optional<crypto::Secret> derive_under(const MasterKeyId& id,
                                                           std::string_view label) const;
  /// The name of the shared subscription: a secret, since a client that joins it receives requests in place
  /// of the service.
  [[nodiscard]] std::string share_group() const;

  /// Encrypts a key for the registry: version, the master key's id, AES-256-GCM. `purpose` ("group:<name>" or
  /// "device:<id>") binds it to its row: a sealed key that is copied to another row does not open.
  /// Deterministic, so that the registry can tell whether a device is enrolled with the same key already.
  [[nodiscard]] crypto::Bytes seal(std::string_view purpose, crypto::ByteView key) const;
  [[nodiscard]] crypto::Result<crypto::Secret> open(std::string_view purpose, crypto::ByteView sealed) const;

 private:
  struct Part {
    explicit Part(crypto::Secret made);
    crypto::Secret key;
    crypto::Secret sealing;  ///< seals keys for the registry; kept, because each request opens one
    MasterKeyId id;
  };
  /// Null if neither has this id.
  [[nodiscard]] const Part* with_id(const MasterKeyId& id) const noexcept;
  [[nodiscard]] crypto::Bytes iv_for(std::string_view purpose, crypto::ByteView key) const;

  Part current_;
  std::optional<Part> previous_;
};

/// From files of 32 raw bytes or one base64 line; `previous` may be empty. The error names the file.
[[nodiscard]] crypto::Result<MasterKey> load_master_key(const std::filesystem::path& file,
                                                        const std::filesystem::path& previous = {});

}  // namespace latchkey::service
