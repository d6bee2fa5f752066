#pragma once

#include "protocol/answer.hpp"
#include "protocol/sealed.hpp"
#include "service/answering/resolution.hpp"

namespace latchkey::service {

/// The content of an `accepted` answer: for a registration the new credential; for a repeat the same
/// credential with the current configuration, if that is committed (otherwise the device gets it when it
/// connects). Nothing if a password cannot be derived again, because its master key is gone.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AnsweringTools& tools,
                                                         const Resolved& resolved,
                                                         const registry::RequestFacts& facts);

/// Encrypts `secrets` for one device.
[[nodiscard]] std::string seal(const protocol::SealingKey& key, const protocol::Secrets& secrets);

}  // namespace latchkey::service
