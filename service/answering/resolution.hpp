#pragma once

#include "service/answering/destination.hpp"
#include "service/answering/effective.hpp"
#include "service/enrolment/decide.hpp"

namespace latchkey::service {

/// What `resolve` and `compose` need. All members must outlive their results.
struct AnsweringTools {
  const Decider& decider;
  const crypto::Issuer& issuer;
  const MasterKey& master;
  const std::vector<crypto::Bytes>& intermediates;  ///< DER, sent after the leaf
  const Destination& destination;
  const protocol::Topics& topics;
};

/// A decision with the issued credential: everything that the registry writes and the answer contains.
using Resolution = std::variant<registry::Registration, Repeat, Challenge, Wait, Rejection>;

/// A request with its resolution.
struct Resolved {
  std::optional<VerifiedRequest> verified;  ///< nothing: its proof did not verify, or the message is invalid
  Effective effective;                      ///< the configuration of a grant or repeat
  Resolution resolution = Rejection{protocol::Code::unavailable, registry::Reason::not_issued};

  /// True if it writes the device's row, which a batch may do only once for each device.
  [[nodiscard]] bool writes() const {
    return std::holds_alternative<registry::Registration>(resolution) ||
           std::holds_alternative<Wait>(resolution);
  }
};

/// Decides a verified request and issues the granted credential. Writes and sends nothing: the caller commits
/// first. `head` is the answer's beginning: its size decides whether the configuration fits. `now` is the
/// database's time.
[[nodiscard]] Resolved resolve(const AnsweringTools& tools, VerifiedRequest verified,
                               const registry::RequestFacts& facts, registry::Clock now,
                               const protocol::Answer& head);

}  // namespace latchkey::service
