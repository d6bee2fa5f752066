#pragma once

#include "protocol/sealed.hpp"
#include "service/enrolment/decide.hpp"
#include "service/pipeline/speaker.hpp"
#include "service/sealing.hpp"

namespace latchkey::service {

struct AcceptanceTools {
  const std::vector<crypto::Bytes>& intermediates;
  const MasterKey& master;
  const Speaker& speaker;
  Log& log;
};

/// What `accepted` says of a credential that was just committed. Nothing if a password cannot be given again:
/// its master key is gone.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AcceptanceTools& tools,
                                                         const VerifiedRequest& verified,
                                                         const registry::RequestFacts& facts,
                                                         const registry::Registration& registration);
/// The same credential again, with today's configuration.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AcceptanceTools& tools,
                                                         const VerifiedRequest& verified,
                                                         const registry::RequestFacts& facts,
                                                         const registry::Credential& repeated);

/// The device's configuration with its placeholders filled; nothing, and a line in the log, if a name in it
/// is unknown.
[[nodiscard]] std::optional<std::string> configuration_for(Log& log, const protocol::DeviceId& id,
                                                           const registry::Enrolment& enrolment,
                                                           std::string_view attributes);

/// `secrets` for one device alone: for its encryption key if it gave one, else with its symmetric key.
/// `Decider` lets nothing through for which there is neither; then it is empty.
[[nodiscard]] std::string seal_for(const std::optional<protocol::EncryptionKey>& recipient,
                                   const crypto::Secret* sealing_key, const protocol::Secrets& secrets);

}  // namespace latchkey::service
