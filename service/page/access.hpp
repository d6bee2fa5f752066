#pragma once

#include "base/listen_address.hpp"
#include "crypto/secret.hpp"
#include "service/observability/http/message.hpp"

#include <optional>

namespace latchkey::service {

/// Who may see the fleet page. With a token: whoever shows it, as `Authorization: Bearer TOKEN` or as the
/// password of Basic (which browsers ask for; the name does not matter). Without one: on loopback everybody
/// on this machine, but only by one of its own names, so that no web site reaches it through a browser here
/// by pointing its name to 127.0.0.1; on any other address nobody.
class PageAccess {
 public:
  PageAccess(const ListenAddress& address, std::optional<crypto::Secret> token);

  /// Nothing: let in. Else the answer that says why not.
  [[nodiscard]] std::optional<HttpResponse> refusal(const HttpRequest& request) const;

 private:
  [[nodiscard]] bool shows_token(const HttpRequest& request) const;

  bool loopback_;
  std::optional<crypto::Sha256Digest> token_;
};

}  // namespace latchkey::service
