#include "registry/page.hpp"

#include "registry/calls.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::registry {
namespace {

/// The parameter of page_devices. It asks for one device more, to know whether there are more.
std::string listing_of(const DeviceFilter& filter) {
  auto wanted = nlohmann::json::object();
  if (!filter.state.empty()) wanted["states"] = {filter.state};
  if (!filter.group.empty()) wanted["group"] = filter.group;
  if (!filter.id.empty()) wanted["id"] = filter.id;
  if (filter.online) wanted["online"] = *filter.online;
  if (const auto equals = filter.label.find('='); equals != std::string::npos)
    wanted["labels"] = {{filter.label.substr(0, equals), filter.label.substr(equals + 1)}};
  const nlohmann::json listing{
      {"filter", std::move(wanted)}, {"after", filter.after}, {"most", DeviceList::most + 1}};
  return listing.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<std::vector<std::pair<std::string, std::int64_t>>> count_devices(Registry& registry) {
  return read_all<std::pair<std::string, std::int64_t>>(
      registry.session().query("SELECT state, devices FROM registry.count_devices()"), [](const Row& row) {
        return std::pair(row[column::state].c_str(), row[column::devices].as<std::int64_t>());
      });
}

Result<std::vector<std::pair<std::string, std::int64_t>>> count_default_rows(Registry& registry) {
  return read_all<std::pair<std::string, std::int64_t>>(
      registry.session().query("SELECT what, total FROM registry.count_default_rows()"), [](const Row& row) {
        return std::pair(row[column::what].c_str(), row[column::total].as<std::int64_t>());
      });
}

Result<std::int64_t> count_online(Registry& registry) {
  const auto rows = registry.session().query("SELECT devices FROM registry.page_online()");
  if (!rows) return std::unexpected(rows.error());
  return (*rows)[0][0].as<std::int64_t>();
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
  auto clones =
      read_all<ShownClone>(registry.session().query("SELECT * FROM registry.page_clones()"), clone_of);
  if (!clones) return std::unexpected(clones.error());
  auto stuck =
      read_all<ShownStuck>(registry.session().query("SELECT * FROM registry.page_stuck()"), stuck_of);
  if (!stuck) return std::unexpected(stuck.error());
  auto replicas = read_all<ShownReplicas>(registry.session().query("SELECT * FROM registry.page_replicas()"),
                                          replicas_of);
  if (!replicas) return std::unexpected(replicas.error());
  const auto total = pending->empty() ? 0 : integer_or(Row{(*rows)[0], Columns(*rows)}[column::total], 0);
  return Overview{*std::move(rejections), *std::move(pending), total,
                  *std::move(expiring),   *std::move(clones),  *std::move(stuck),
                  *std::move(replicas)};
}

Result<DeviceHistory> history(Registry& registry, const protocol::DeviceId& id) {
  auto device =
      read_all<ShownDevice>(registry.session().call("page_device_2", device_of(id), false), shown_device_of);
  if (!device) return std::unexpected(device.error());
  auto events = read_all<ShownEvent>(registry.session().call("page_history", device_of(id), false), event_of);
  if (!events) return std::unexpected(events.error());
  auto credentials = read_all<ShownCredential>(
      registry.session().call("page_credentials", device_of(id), false), shown_credential_of);
  if (!credentials) return std::unexpected(credentials.error());
  auto todo = read_all<ShownTodo>(registry.session().call("page_todo", device_of(id), false), todo_of);
  if (!todo) return std::unexpected(todo.error());
  DeviceHistory history{{}, *std::move(events), *std::move(credentials), *std::move(todo)};
  if (!device->empty()) history.device = std::move(device->front());
  return history;
}

Result<DeviceList> list_devices(Registry& registry, const DeviceFilter& filter) {
  auto devices = read_all<ListedDevice>(registry.session().call("page_devices", listing_of(filter), false),
                                        listed_device_of);
  if (!devices) return std::unexpected(devices.error());
  DeviceList list{*std::move(devices), false};
  list.has_more = list.devices.size() > DeviceList::most;
  if (list.has_more) list.devices.pop_back();
  return list;
}

}  // namespace latchkey::registry
