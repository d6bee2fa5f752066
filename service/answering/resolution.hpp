#pragma once

#include "service/answering/destination.hpp"
#include "service/answering/effective.hpp"
#include "service/enrolment/decide.hpp"

namespace latchkey::service {

/// What is needed to say what a request gets, and to say it. All of it outlives what is made with it.
struct AnsweringTools {
  const Decider& decider;
  const crypto::Issuer& issuer;
  const MasterKey& master;
  const std::vector<crypto::Bytes>& intermediates;  ///< DER, sent after the leaf
  const Destination& destination;
  const protocol::Topics& topics;
};

/// A decision with what was issued for it: all that the registry has to write, and the device to be told.
using Resolution = std::variant<registry::Registration, Repeat, Challenge, Wait, Rejection>;

/// A request with what it gets.
struct Resolved {
  std::optional<VerifiedRequest> verified;  ///< nothing: its proof did not verify, or it is no request
  Effective effective;                      ///< of what is granted or repeated
  Resolution resolution = Rejection{protocol::Code::unavailable, registry::Reason::not_issued};

  /// It writes a device, which a batch may do once.
  [[nodiscard]] bool writes() const {
    return std::holds_alternative<registry::Registration>(resolution) ||
           std::holds_alternative<Wait>(resolution);
  }
};

/// Decides a verified request and issues what it is granted. Nothing is published from here, and nothing is
/// written: what was signed has to be committed first. `head` is the answer as far as it is known already:
/// its length decides whether a configuration fits in. `now` is the database's.
[[nodiscard]] Resolved resolve(const AnsweringTools& tools, VerifiedRequest verified,
                               const registry::RequestFacts& facts, registry::Clock now,
                               const protocol::Answer& head);

}  // namespace latchkey::service
