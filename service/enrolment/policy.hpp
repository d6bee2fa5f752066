#pragma once

#include "protocol/request.hpp"
#include "registry/model.hpp"
#include "service/identity/rejection.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace latchkey::service {

/// The properties of a request that policy depends on.
struct Asked {
  protocol::CredentialType credential = protocol::CredentialType::x509;
  bool by_token = false;
  bool renews = false;    ///< proven by the current certificate, or for a password that is due for renewal
  bool can_open = false;  ///< secrets can be encrypted for the device
  bool gives_passwords = true;  ///< broker_access.mode is not none
};

/// True if a request by the enrolment's proof renews a password, which cannot sign a renewal itself: in the
/// last two fifths of its lifetime, which begin before any renew_after, and after its end.
[[nodiscard]] bool renews_password(protocol::CredentialType wanted, const registry::RequestFacts& facts,
                                   crypto::Time now);

/// One rule. Pure: decisions and `latchkey explain` use the same rules.
struct PolicyCheck {
  std::string_view name;
  std::optional<Rejection> (*check)(const Asked& asked, const registry::RequestFacts& facts);
};

/// True for a first registration, also after a reset: admission applies to it, reprovisioning does not.
[[nodiscard]] bool registers(const std::optional<registry::Device>& device);

/// The rules in their order. `facts` must have an enrolment.
[[nodiscard]] std::span<const PolicyCheck> checks_for_all();
/// Additional rules for passwords.
[[nodiscard]] std::span<const PolicyCheck> checks_for_passwords();
[[nodiscard]] std::span<const PolicyCheck> checks_for_newcomers();
[[nodiscard]] std::span<const PolicyCheck> checks_for_registered();

/// The first rejection, or nothing.
[[nodiscard]] std::optional<Rejection> check(std::span<const PolicyCheck> checks, const Asked& asked,
                                             const registry::RequestFacts& facts);

}  // namespace latchkey::service
