#pragma once

#include "registry/registry.hpp"
#include "service/identity/authenticate.hpp"
#include "service/pipeline/publisher.hpp"

namespace latchkey::service {

/// Notifies devices whose request an operator approved or rejected, so that they repeat it at once
/// (docs/protocol.md, 8). A device that misses the notice repeats it by itself a little later.
class ApprovalNotices {
 public:
  ApprovalNotices(const Authenticator& authenticator, Publisher& publisher, Log& log)
      : authenticator_(authenticator), publisher_(publisher), log_(log) {}
  /// Notifies one batch of devices. True when there may be more.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry) const;

 private:
  const Authenticator& authenticator_;
  Publisher& publisher_;
  Log& log_;
};

}  // namespace latchkey::service
