#pragma once

#include "service/identity/authenticate.hpp"

// Private to this folder.
namespace latchkey::service {

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
  [[nodiscard]] std::unexpected<std::string> nothing(std::string_view none) const {
    if (facts.enrolment) return std::unexpected(std::string("a proof of another kind than this enrolment's"));
    return std::unexpected("no enrolment for this id, and " + std::string(none));
  }
};

}  // namespace latchkey::service
