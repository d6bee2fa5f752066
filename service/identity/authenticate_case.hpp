#pragma once

#include "service/identity/authenticate.hpp"

// Private to this folder.
namespace latchkey::service {

using registry::Cause;
using registry::Reason;

[[nodiscard]] inline std::unexpected<Cause> refusal(Cause cause) {
  return std::unexpected(std::move(cause));
}

/// One request and what it is checked against.
struct Authenticator::Case {
  const protocol::Request& request;
  const registry::RequestFacts& facts;
  crypto::Time now;

  /// The enrolment, if it proves itself in this way.
  [[nodiscard]] const registry::Enrolment* enrolment(registry::ProofKind kind) const {
    return facts.enrolment && facts.enrolment->proof == kind ? &*facts.enrolment : nullptr;
  }
  /// Why there is none of this kind.
  [[nodiscard]] std::unexpected<registry::Cause> nothing(std::string_view none) const {
    if (!facts.enrolment) return refusal({Reason::no_enrolment, std::string(none)});
    return refusal({Reason::other_kind_of_proof, std::string(registry::name_of(facts.enrolment->proof))});
  }
};

}  // namespace latchkey::service
