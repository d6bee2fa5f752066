#pragma once

#include "protocol/request.hpp"
#include "registry/model.hpp"
#include "service/identity/rejection.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace latchkey::service {

/// What a request asks for, as far as policy looks at it.
struct Asked {
  protocol::CredentialType credential = protocol::CredentialType::x509;
  bool by_token = false;
  bool renews = false;          ///< proven by the current certificate, or a password whose time has come
  bool can_open = false;        ///< something can be encrypted for the device
  bool gives_passwords = true;  ///< the service's broker_access.mode is another than none
};

/// A password signs nothing, so that the enrolment's proof renews it: in the last two fifths of its life,
/// which is before any renew_after, and once it has ended.
[[nodiscard]] bool renews_password(protocol::CredentialType wanted, const registry::RequestFacts& facts,
                                   crypto::Time now);

/// One rule: pure, so that a request is decided and `latchkey explain` explains by the same.
struct PolicyCheck {
  std::string_view name;
  std::optional<Rejection> (*check)(const Asked& asked, const registry::RequestFacts& facts);
};

/// A first registration, or the first after a reset: admission bounds it, reprovisioning does not.
[[nodiscard]] bool registers(const std::optional<registry::Device>& device);

/// In the order in which they are asked; `facts` must have an enrolment.
[[nodiscard]] std::span<const PolicyCheck> checks_for_all();
/// After those, for whoever asks for a password.
[[nodiscard]] std::span<const PolicyCheck> checks_for_passwords();
[[nodiscard]] std::span<const PolicyCheck> checks_for_newcomers();
[[nodiscard]] std::span<const PolicyCheck> checks_for_registered();

/// The first rejection among them.
[[nodiscard]] std::optional<Rejection> check(std::span<const PolicyCheck> checks, const Asked& asked,
                                             const registry::RequestFacts& facts);

}  // namespace latchkey::service
