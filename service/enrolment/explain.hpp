#pragma once

#include "protocol/device_id.hpp"
#include "registry/tools.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::service {

/// The result of one check of a request.
struct ExplainedCheck {
  std::string name;
  bool passes = true;
  std::string detail;                      ///< why it fails, or what was found
  std::optional<registry::Reason> reason;  ///< set if it fails
  std::string remedy;                      ///< what an operator can do if it fails
};

/// Explains whether a device with a valid proof would get a credential now, by the rules that decide requests
/// (policy.hpp): the enrolment, whether it is enabled and the device's, every policy rule, approval and
/// quota. Returns all checks, not only the first that fails; without an enrolment only that. Assumes an
/// allowed type of credential, and that secrets can be encrypted for the device. `gives_passwords`:
/// broker_access.mode is not none. Does not check what only a request has: proof, freshness, CSR and
/// request_id.
[[nodiscard]] std::vector<ExplainedCheck> explain(const protocol::DeviceId& id,
                                                  const registry::ExplainedFacts& known,
                                                  bool gives_passwords);

}  // namespace latchkey::service
