#pragma once

#include "registry/registry.hpp"
#include "service/identity/authenticate.hpp"
#include "service/pipeline/publisher.hpp"

namespace latchkey::service {

/// Tells devices whose request an operator approved or rejected to ask again at once (docs/protocol.md, 8).
/// A device that does not hear it asks by itself a little later.
class ApprovalNotices {
 public:
  ApprovalNotices(const Authenticator& authenticator, Publisher& publisher, Log& log)
      : authenticator_(authenticator), publisher_(publisher), log_(log) {}
  /// One batch of devices. True when there may be more.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry) const;

 private:
  const Authenticator& authenticator_;
  Publisher& publisher_;
  Log& log_;
};

}  // namespace latchkey::service
