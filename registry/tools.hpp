#pragma once

#include "registry/administration.hpp"

#include <functional>

/// Calls of the command line (registry/code/operators, registry/code/owner).
namespace latchkey::registry {

struct QuotaLevel {
  std::int64_t used = 0;
  std::int64_t max = 0;
  bool is_counted = false;  ///< the device is counted already
};

struct ExplainedFacts {
  Clock now;
  RequestFacts facts;               ///< as the service loads them for a request, without any material
  std::optional<QuotaLevel> quota;  ///< nothing: no quota applies
};

/// The group or token that a request's proof would name; nothing: the group that registered the device, if
/// any.
struct ProofNamed {
  std::optional<std::string> group;
  std::optional<crypto::Sha256Digest> token_hash;
};

/// The facts that would decide a request of this device now.
[[nodiscard]] std::expected<ExplainedFacts, AdminError> load_explained(const ConnectOptions& options,
                                                                       const protocol::DeviceId& id,
                                                                       const ProofNamed& named);

/// Sets a group's new key (sealed) or CA (DER). `proof` is symmetric_key or x509 and must be the group's.
[[nodiscard]] std::expected<void, AdminError> roll_group_key(const ConnectOptions& options,
                                                             const std::string& group,
                                                             const std::string& proof,
                                                             const crypto::Bytes& material);

/// Ends the older key or CA of a group. Returns how many devices get no more configurations because of that;
/// if any, it does so only with `anyway`.
[[nodiscard]] std::expected<std::int64_t, AdminError> retire_group_key(const ConnectOptions& options,
                                                                       const std::string& group, bool anyway);

/// Counts of what is not sealed under, or derived from, a given master key.
struct UnderOthers {
  std::int64_t keys = 0;       ///< sealed keys in the registry
  std::int64_t passwords = 0;  ///< live passwords derived from another master key
};
[[nodiscard]] std::expected<UnderOthers, AdminError> under_other_master_keys(const ConnectOptions& options,
                                                                             const KeyId& master_key);

/// Seals a key again, under the new master key; nothing if it cannot be opened. `purpose` as in
/// MasterKey::seal.
using Resealer =
    std::function<std::optional<crypto::Bytes>(const std::string& purpose, crypto::ByteView sealed)>;

/// Seals every key again that is not sealed under `master_key`, in transactions of a thousand, so that an
/// interrupted run can be continued. Calls `progress` with the number done. Needs the owner's login.
[[nodiscard]] std::expected<void, AdminError> reseal_keys(const ConnectOptions& options,
                                                          const KeyId& master_key, const Resealer& resealer,
                                                          const std::function<void(std::int64_t)>& progress);

}  // namespace latchkey::registry
