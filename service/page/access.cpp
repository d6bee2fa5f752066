#include "service/page/access.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

#include <strings.h>

namespace latchkey::service {
namespace {

HttpResponse refuse(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body), .headers = {}};
}

/// RFC 9110, 7.2: a host, and a port, which is ignored.
bool is_this_machine(std::string_view host) {
  const auto end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
  const std::string_view name = host.substr(0, end);
  if (name == "localhost" || name == "[::1]") return true;
  const auto address = ListenAddress::parse(std::string(name) + ":1");
  return address && address->is_loopback();
}

/// The token in "Bearer TOKEN" or "Basic base64(name:TOKEN)" (RFC 6750, 2.1; RFC 7617, 2).
crypto::Secret token_in(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string scheme(authorization.substr(0, space));
  const std::string_view rest = authorization.substr(space + 1);
  const auto is = [&](std::string_view name) {
    return scheme.size() == name.size() && ::strncasecmp(scheme.data(), name.data(), name.size()) == 0;
  };
  if (is("Bearer")) return crypto::Secret(rest);
  if (!is("Basic")) return {};
  auto decoded = crypto::base64_decode(rest);
  if (!decoded) return {};
  const crypto::Secret pair{crypto::ByteView(*decoded)};
  crypto::wipe({reinterpret_cast<char*>(decoded->data()), decoded->size()});
  const auto colon = pair.text().find(':');
  return colon == std::string_view::npos ? crypto::Secret() : crypto::Secret(pair.text().substr(colon + 1));
}

}  // namespace

PageAccess::PageAccess(const ListenAddress& address, std::optional<crypto::Secret> token)
    : loopback_(address.is_loopback()) {
  if (token) token_ = crypto::sha256(token->view());
}

// Compares digests, so that the time reveals neither length nor content of the token.
bool PageAccess::has_token(const HttpRequest& request) const {
  const crypto::Secret shown = token_in(request.authorization);
  return crypto::equal_constant_time(crypto::sha256(shown.view()), *token_);
}

std::optional<HttpResponse> PageAccess::refusal(const HttpRequest& request) const {
  if (token_) {
    if (has_token(request)) return std::nullopt;
    HttpResponse response = refuse(401, "this page needs the token in http.token_file\n");
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Latchkey\", charset=\"UTF-8\"");
    return response;
  }
  if (!loopback_)
    return refuse(403,
                  "the fleet page needs a token on an address other than loopback: set http.token_file\n");
  if (!is_this_machine(request.host)) return refuse(403, "open the page as localhost or 127.0.0.1\n");
  return std::nullopt;
}

}  // namespace latchkey::service
