#pragma once

#include "registry/page.hpp"
#include "service/observability/http/message.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The fleet page: one HTML document with SVG, without images or external fonts; its only script refreshes
/// it. Pure functions over values.
namespace latchkey::service {

/// The counts of the fleet at one moment.
struct FleetCounts {
  std::vector<std::pair<std::string, std::int64_t>> states;
  std::vector<registry::FunnelDay> funnel;
  std::chrono::sys_seconds at;
  std::int64_t online = 0;
};

struct FleetView {
  std::optional<FleetCounts> counts;                        ///< nothing: not counted yet
  std::expected<registry::Overview, std::string> overview;  ///< the error: why the registry cannot be queried
  std::chrono::sys_seconds now;
};

[[nodiscard]] HttpResponse fleet_page(const FleetView& view);

/// The filter of a request for the list of devices; nothing if it is for another page.
[[nodiscard]] std::optional<registry::DeviceFilter> device_filter(const HttpRequest& request);
[[nodiscard]] HttpResponse devices_page(const registry::DeviceFilter& filter,
                                        const std::expected<registry::DeviceList, std::string>& found,
                                        std::chrono::sys_seconds now);

/// `asked` is the text of the search field, unchecked; `history` is nothing if it is no device id.
[[nodiscard]] HttpResponse device_page(
    const std::string& asked,
    const std::optional<std::expected<registry::DeviceHistory, std::string>>& history,
    std::chrono::sys_seconds now);

}  // namespace latchkey::service
