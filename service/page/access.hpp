#pragma once

#include "base/listen_address.hpp"
#include "crypto/secret.hpp"
#include "service/observability/http/message.hpp"

#include <optional>

namespace latchkey::service {

/// Access control of the fleet page. With a token: a request must carry it as `Authorization: Bearer TOKEN`
/// or as the password of Basic, for browsers (the user name is ignored). Without one: the page is served on
/// loopback only, and only if Host is a loopback name, against DNS rebinding: a web site in a local browser
/// could point its own name to 127.0.0.1.
class PageAccess {
 public:
  PageAccess(const ListenAddress& address, std::optional<crypto::Secret> token);

  /// Nothing if the request is allowed; otherwise the answer that refuses it.
  [[nodiscard]] std::optional<HttpResponse> refusal(const HttpRequest& request) const;

 private:
  [[nodiscard]] bool has_token(const HttpRequest& request) const;

  bool loopback_;
  std::optional<crypto::Sha256Digest> token_;
};

}  // namespace latchkey::service
