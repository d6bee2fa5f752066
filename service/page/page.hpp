#pragma once

#include "registry/page.hpp"
#include "service/observability/http/message.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The fleet page: HTML and SVG made here, one document without scripts, images or fonts of others. Pure:
/// what it shows is given.
namespace latchkey::service {

/// How many devices there are, as of a moment.
struct FleetCounts {
  std::vector<std::pair<std::string, std::int64_t>> states;
  std::vector<registry::FunnelDay> funnel;
  std::chrono::sys_seconds at;
};

struct FleetView {
  std::optional<FleetCounts> counts;                        ///< nothing: not counted yet
  std::expected<registry::Overview, std::string> overview;  ///< or why the registry cannot be asked
  std::chrono::sys_seconds now;
};

[[nodiscard]] HttpResponse fleet_page(const FleetView& view);

/// `asked` is what was typed, whatever it is; `history` is nothing if that is no device id.
[[nodiscard]] HttpResponse device_page(
    const std::string& asked,
    const std::optional<std::expected<registry::DeviceHistory, std::string>>& history,
    std::chrono::sys_seconds now);

}  // namespace latchkey::service
