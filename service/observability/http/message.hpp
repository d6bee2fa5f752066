#pragma once

#include "crypto/secret.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::service {

/// A request. All fields come from the client, unchecked; the server has limited their size.
struct HttpRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string, std::less<>> query;  ///< decoded; a parameter without a value is empty
  std::string host;                                       ///< the header Host; empty if absent
  std::string authorization;                              ///< the header Authorization
  /// Of a POST; it may contain a password.
  crypto::Secret body = {};  // NOLINT(readability-redundant-member-init): callers may leave it out
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace latchkey::service
