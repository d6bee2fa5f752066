#pragma once

#include "protocol/sealed.hpp"
#include "service/answering/resolution.hpp"

namespace latchkey::service {

/// What `accepted` says: of a registration the credential in it; of a repeat the same credential again, with
/// today's configuration, if it is committed (one that is not comes when the device connects). Nothing if a
/// password cannot be given again: its master key is gone.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AnsweringTools& tools,
                                                         const Resolved& resolved,
                                                         const registry::RequestFacts& facts);

/// `secrets` for one device alone: for its encryption key if it gave one, else with its symmetric key.
/// `Decider` lets nothing through for which there is neither; then it is empty.
[[nodiscard]] std::string seal_for(const std::optional<protocol::EncryptionKey>& recipient,
                                   const crypto::Secret* sealing_key, const protocol::Secrets& secrets);

}  // namespace latchkey::service
