#include "registry/page.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<std::vector<std::pair<std::string, std::int64_t>>> count_devices(Registry& registry) {
  return read_all<std::pair<std::string, std::int64_t>>(
      registry.session().query("SELECT state, devices FROM registry.count_devices()"), [](const Row& row) {
        return std::pair(row[column::state].c_str(), row[column::devices].as<std::int64_t>());
      });
}

Result<std::vector<FunnelDay>> count_funnel(Registry& registry) {
  return read_all<FunnelDay>(registry.session().query("SELECT * FROM registry.page_funnel()"), funnel_day_of);
}

Result<Overview> overview(Registry& registry) {
  auto rejections = read_all<ShownRejection>(
      registry.session().query("SELECT * FROM registry.page_rejections()"), rejection_of);
  if (!rejections) return std::unexpected(rejections.error());
  const auto rows = registry.session().query("SELECT * FROM registry.page_pending()");
  auto pending = read_all<ShownPending>(rows, pending_of);
  if (!pending) return std::unexpected(pending.error());
  auto expiring = read_all<ShownExpiring>(registry.session().query("SELECT * FROM registry.page_expiring()"),
                                          expiring_of);
  if (!expiring) return std::unexpected(expiring.error());
  const auto total = pending->empty() ? 0 : integer_or(Row{(*rows)[0], Columns(*rows)}[column::total], 0);
  return Overview{*std::move(rejections), *std::move(pending), total, *std::move(expiring)};
}

Result<DeviceHistory> history(Registry& registry, const protocol::DeviceId& id) {
  auto device =
      read_all<ShownDevice>(registry.session().call("page_device_2", device_of(id), false), shown_device_of);
  if (!device) return std::unexpected(device.error());
  auto events = read_all<ShownEvent>(registry.session().call("page_history", device_of(id), false), event_of);
  if (!events) return std::unexpected(events.error());
  DeviceHistory history{{}, *std::move(events)};
  if (!device->empty()) history.device = std::move(device->front());
  return history;
}

}  // namespace latchkey::registry
