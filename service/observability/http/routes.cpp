#include "service/observability/http/routes.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

constexpr unsigned ok = 200;
constexpr unsigned not_found = 404;
constexpr unsigned unavailable = 503;

HttpResponse plain(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

HttpResponse livez(const RouteSources& sources) {
  if (sources.alive()) return plain(ok, "ok\n");
  return plain(unavailable, "a worker is stuck\n");
}

HttpResponse readyz(const RouteSources& sources, bool verbose) {
  const auto checks = sources.checks();
  const bool ready =
      std::ranges::none_of(checks, [](const Check& check) { return check.complaint.has_value(); });
  std::string body;
  for (const Check& check : checks) {
    if (!verbose) break;
    body.append(check.complaint ? "[-] " : "[+] ").append(check.name).append(": ");
    body.append(check.complaint.value_or("ok")).append("\n");
  }
  body += ready ? "ready\n" : "not ready\n";
  return plain(ready ? ok : unavailable, std::move(body));
}

HttpResponse metrics(const RouteSources& sources) {
  HttpResponse response = plain(ok, sources.metrics());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

}  // namespace

HttpResponse route(const RouteSources& sources, const HttpRequest& request) {
  if (request.path == "/livez") return livez(sources);
  if (request.path == "/readyz") return readyz(sources, request.query.contains("verbose"));
  if (request.path == "/metrics") return metrics(sources);
  if (request.path == "/") return sources.page(request);
  return plain(not_found, "not found; the paths are /, /livez, /readyz and /metrics\n");
}

}  // namespace latchkey::service
