#pragma once

#include "protocol/device_id.hpp"
#include "registry/tools.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::service {

/// One thing that a request has to pass.
struct ExplainedCheck {
  std::string name;
  bool passes = true;
  std::string detail;                      ///< why it does not, or what was found
  std::optional<registry::Reason> reason;  ///< where it does not
  std::string remedy;                      ///< what an operator does about that
};

/// Whether a device with a good proof would get a credential now, by the rules that decide its request
/// (policy.hpp): which enrolment is asked, whether it is enabled and the device's, every rule, approval and
/// quota. All of them, not only the first that refuses; without an enrolment nothing else is asked.
/// Assumed: a type of credential that the enrolment allows, and that secrets can be encrypted for the device.
/// `gives_passwords`: broker_access.mode of the service is another than none.
/// Not looked at, because they are in a request: its proof, freshness, CSR and request_id.
[[nodiscard]] std::vector<ExplainedCheck> explain(const protocol::DeviceId& id,
                                                  const registry::ExplainedFacts& known,
                                                  bool gives_passwords);

}  // namespace latchkey::service
