#pragma once

#include "registry/registry.hpp"
#include "service/identity/authenticate.hpp"
#include "service/pipeline/speaker.hpp"

namespace latchkey::service {

/// Tells devices whose request an operator approved or rejected to ask again at once (docs/protocol.md, 8).
/// A device that does not hear it asks by itself a little later.
class Nudges {
 public:
  Nudges(const Authenticator& authenticator, Speaker& speaker, Log& log)
      : authenticator_(authenticator), speaker_(speaker), log_(log) {}
  /// One batch of devices. True when there may be more.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry) const;

 private:
  const Authenticator& authenticator_;
  Speaker& speaker_;
  Log& log_;
};

}  // namespace latchkey::service
