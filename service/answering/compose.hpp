#pragma once

#include "protocol/answer.hpp"
#include "registry/broker_access.hpp"
#include "service/answering/resolution.hpp"

namespace latchkey::service {

/// The content of an `accepted` answer: for a registration the new credential; for a repeat the same
/// credential with the current configuration, if that is committed (otherwise the device gets it when it
/// connects). Nothing if a password cannot be derived again, because its master key is gone.
[[nodiscard]] std::optional<protocol::Acceptance> accept(const AnsweringTools& tools,
                                                         const Resolved& resolved,
                                                         const registry::RequestFacts& facts);

/// The members of every answer. `now` is the database's time, or the system's if the database is unreachable.
[[nodiscard]] protocol::Answer answer_head(const protocol::DeviceId& id,
                                           std::optional<std::string> request_id, std::string tracking_id,
                                           registry::Clock now);

/// The answer to a decided request. The caller must commit the resolution before it sends the answer.
[[nodiscard]] protocol::Answer compose(protocol::Answer head, const Resolved& resolved);

/// An answer without a credential: the code's status and retry time, and `message`, or the code's if empty.
[[nodiscard]] protocol::Answer compose_refusal(protocol::Answer head, protocol::Code code,
                                               std::string_view message = {});

/// The signer of the answer; null if no proof verified, or if answers with this code are not signed.
[[nodiscard]] const protocol::Signer* signer_of(const Resolved& resolved);

/// What the broker must do before the device gets the answer to this grant or repeat: add the login of a new
/// password, or admit a denied device again. Nothing if neither is needed.
[[nodiscard]] std::optional<registry::BrokerOpening> opening_for(const Resolved& resolved);

/// A delay with jitter: up to twice as long for `retry`, which many devices get at once; up to a tenth
/// shorter for other statuses, since a device waits at most an hour by an unsigned answer.
[[nodiscard]] std::int64_t jittered(std::int64_t seconds, protocol::Status status);

}  // namespace latchkey::service
