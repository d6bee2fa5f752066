#pragma once

#include "service/observability/http/message.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::service {

/// One thing that requests need; nothing is wrong with it, or what.
struct Check {
  std::string_view name;
  std::optional<std::string> complaint;
};

/// What the answers are made of. Called on several threads at a time; none of them waits, but for `page`.
struct RouteSources {
  std::function<bool()> alive;
  std::function<std::vector<Check>()> checks;
  std::function<std::string()> metrics;
  /// The fleet page: asks the registry, and so may wait for it, a few seconds at most.
  std::function<HttpResponse(const HttpRequest&)> page;
};

/// /livez: the process gets on with its work; only a restart would help if not. /readyz: requests are
/// answered now; ?verbose says what is missing. /metrics: for Prometheus. /: the fleet page, for people.
[[nodiscard]] HttpResponse route(const RouteSources& sources, const HttpRequest& request);

}  // namespace latchkey::service
