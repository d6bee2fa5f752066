#pragma once

#include "registry/administration.hpp"

/// What commands ask of the registry for operators (registry/migrations/0020_tools.sql).
namespace latchkey::registry {

struct QuotaLevel {
  std::int64_t used = 0;
  std::int64_t max = 0;
  bool is_counted = false;  ///< the device has a place already
};

struct ExplainedFacts {
  RequestFacts facts;               ///< as the service loads them for a request, without any material
  std::optional<QuotaLevel> quota;  ///< nothing: it would count against none
};

/// What would decide a request of this device now. `group`: the one that its proof is of; nothing: the one
/// that registered it, if one did.
[[nodiscard]] std::expected<ExplainedFacts, AdminError> load_explained(
    const ConnectOptions& options, const protocol::DeviceId& id, const std::optional<std::string>& group);

}  // namespace latchkey::registry
