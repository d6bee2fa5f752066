#pragma once

#include "service/enrolment/decide.hpp"
#include "service/pipeline/speaker.hpp"

namespace latchkey::service {

struct AcceptanceTools {
  const std::vector<crypto::Bytes>& intermediates;
  const Speaker& speaker;
  Log& log;
};

/// What `accepted` says of a credential that was just committed.
[[nodiscard]] protocol::Acceptance accept(const AcceptanceTools& tools, const VerifiedRequest& verified,
                                          const registry::RequestFacts& facts,
                                          const registry::Registration& registration);
/// The same credential again, with today's configuration.
[[nodiscard]] protocol::Acceptance accept(const AcceptanceTools& tools, const VerifiedRequest& verified,
                                          const registry::RequestFacts& facts,
                                          const registry::Credential& repeated);

/// The device's configuration with its placeholders filled; nothing, and a line in the log, if a name in it
/// is unknown.
[[nodiscard]] std::optional<std::string> configuration_for(Log& log, const protocol::DeviceId& id,
                                                           const registry::Enrolment& enrolment,
                                                           std::string_view attributes);

}  // namespace latchkey::service
