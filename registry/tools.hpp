#pragma once

#include "registry/administration.hpp"

#include <functional>

/// What commands ask of the registry for operators (registry/code/operators, registry/code/owner).
namespace latchkey::registry {

struct QuotaLevel {
  std::int64_t used = 0;
  std::int64_t max = 0;
  bool is_counted = false;  ///< the device has a place already
};

struct ExplainedFacts {
  Clock now;
  RequestFacts facts;               ///< as the service loads them for a request, without any material
  std::optional<QuotaLevel> quota;  ///< nothing: it would count against none
};

/// What a proof that is not there would name; nothing: the group that registered the device, if one did.
struct ProofNamed {
  std::optional<std::string> group;
  std::optional<crypto::Sha256Digest> token_hash;
};

/// What would decide a request of this device now.
[[nodiscard]] std::expected<ExplainedFacts, AdminError> load_explained(const ConnectOptions& options,
                                                                       const protocol::DeviceId& id,
                                                                       const ProofNamed& named);

/// Gives a group a new key, sealed, or CA (DER); `proof` is symmetric_key or x509 and has to be the group's.
[[nodiscard]] std::expected<void, AdminError> roll_group_key(const ConnectOptions& options,
                                                             const std::string& group,
                                                             const std::string& proof,
                                                             const crypto::Bytes& material);

/// Ends the older key or CA of a group. Returns how many devices get no configurations because of that; if
/// there are any, it is done only with `anyway`.
[[nodiscard]] std::expected<std::int64_t, AdminError> retire_group_key(const ConnectOptions& options,
                                                                       const std::string& group, bool anyway);

/// What is not under the one master key.
struct UnderOthers {
  std::int64_t keys = 0;       ///< sealed in the registry
  std::int64_t passwords = 0;  ///< live, derived from another one
};
[[nodiscard]] std::expected<UnderOthers, AdminError> under_other_master_keys(const ConnectOptions& options,
                                                                             const KeyId& master_key);

/// A sealed key under the new master key; nothing if it does not open. Purpose as with MasterKey::seal.
using Resealer =
    std::function<std::optional<crypto::Bytes>(const std::string& purpose, crypto::ByteView sealed)>;

/// Seals every key anew that is not sealed under `master_key`, a transaction for each thousand: if it is
/// interrupted, the next run goes on. `progress` is told how many are done. Needs the owner's login.
[[nodiscard]] std::expected<void, AdminError> reseal_keys(const ConnectOptions& options,
                                                          const KeyId& master_key, const Resealer& resealer,
                                                          const std::function<void(std::int64_t)>& progress);

}  // namespace latchkey::registry
