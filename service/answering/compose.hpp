#pragma once

#include "protocol/answer.hpp"
#include "registry/broker_access.hpp"
#include "service/answering/resolution.hpp"

namespace latchkey::service {

/// What every answer begins with. `now` is the database's, or the system's where that is away.
[[nodiscard]] protocol::Answer answer_head(const protocol::DeviceId& id,
                                           std::optional<std::string> request_id, std::string tracking_id,
                                           registry::Clock now);

/// The answer to a request that was decided. Where what it got has to be committed first, the caller does
/// that before it sends this.
[[nodiscard]] protocol::Answer compose(const AnsweringTools& tools, protocol::Answer head,
                                       const Resolved& resolved, const registry::RequestFacts& facts);

/// An answer that gives nothing: the code's status, pause and, unless there is a better one, message.
[[nodiscard]] protocol::Answer compose_refusal(protocol::Answer head, protocol::Code code,
                                               std::string_view message = {});

/// Who signs the answer; nobody where nothing was proven, or the code's answers are plain.
[[nodiscard]] const protocol::Signer* signer_of(const Resolved& resolved);

/// What the broker has to do before the device hears of its credential and connects: a password has to be
/// known to it, and a device that is let in again not to be kept out any more.
[[nodiscard]] std::optional<registry::BrokerOpening> opening_for(const protocol::DeviceId& id,
                                                                 const Resolution& resolution);

/// A delay that spreads the askers: up to twice as long for `retry`, which many get at once; up to a tenth
/// shorter for the others, since no device waits longer than an hour for what is not signed.
[[nodiscard]] std::int64_t jittered(std::int64_t seconds, protocol::Status status);

}  // namespace latchkey::service
