#pragma once

#include "protocol/sealed.hpp"
#include "service/answering/destination.hpp"
#include "service/answering/effective.hpp"
#include "service/enrolment/decide.hpp"
#include "service/keys/master_key.hpp"

namespace latchkey::service {

struct AcceptanceTools {
  const std::vector<crypto::Bytes>& intermediates;
  const MasterKey& master;
  const Destination& destination;
  const protocol::Topics& topics;
};

/// What `accepted` says of a credential that was just committed. Nothing if a password cannot be given again:
/// its master key is gone.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AcceptanceTools& tools,
                                                         const VerifiedRequest& verified,
                                                         const Effective& effective,
                                                         const registry::Registration& registration);
/// The same credential again, with today's configuration; one that is not committed yet comes when the device
/// connects.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AcceptanceTools& tools,
                                                         const VerifiedRequest& verified,
                                                         const registry::RequestFacts& facts,
                                                         const Effective& effective,
                                                         const registry::Credential& repeated);

/// What a verified request's device is to have, by the attributes in it, else by those that it had.
[[nodiscard]] Effective work_out(const VerifiedRequest& verified, const registry::RequestFacts& facts);

/// `secrets` for one device alone: for its encryption key if it gave one, else with its symmetric key.
/// `Decider` lets nothing through for which there is neither; then it is empty.
[[nodiscard]] std::string seal_for(const std::optional<protocol::EncryptionKey>& recipient,
                                   const crypto::Secret* sealing_key, const protocol::Secrets& secrets);

}  // namespace latchkey::service
