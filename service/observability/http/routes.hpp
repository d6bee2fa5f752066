#pragma once

#include "service/observability/http/message.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::service {

/// A condition for serving requests, and why it does not hold; no complaint: it holds.
struct Check {
  std::string_view name;
  std::optional<std::string> complaint;
};

/// The sources of the answers, called on several threads at once. Only `page` may block.
struct RouteSources {
  std::function<bool()> alive;
  std::function<std::vector<Check>()> checks;
  std::function<std::string()> metrics;
  /// The fleet page: queries the registry, which may take a few seconds at most.
  std::function<HttpResponse(const HttpRequest&)> page;
};

/// /livez: 200 unless only a restart would help. /readyz: 200 if requests are answered now; ?verbose lists
/// the checks. /metrics: for Prometheus. /: the fleet page.
[[nodiscard]] HttpResponse route(const RouteSources& sources, const HttpRequest& request);

}  // namespace latchkey::service
