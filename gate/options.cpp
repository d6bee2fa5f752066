#include "gate/gate.hpp"
#include "gate/names.hpp"

#include <algorithm>

namespace latchkey::gate {
namespace {

constexpr std::uint64_t most_that_may_be = 100'000'000;

bool is_root(std::string_view root) {
  if (root.empty()) return false;
  for (bool is_last = false; !is_last;) {
    is_last = root.find('/') == std::string_view::npos;
    const std::string_view level = take_until(root, '/');
    if (level.empty() || level.find_first_of("$+#") != std::string_view::npos) return false;
  }
  return true;
}

/// An account's name must not be a device id: otherwise a device of that name would have the account's
/// rights.
bool is_account(std::string_view name) {
  return !name.empty() && !is_device_id(name);
}

const char* fault_of(const Settings& settings) {
  const Names& names = settings.names;
  if (settings.device_ca.empty())
    return "device_ca is missing: a PEM file with the CA that signs devices' certificates";
  if (settings.state.empty()) return "state is missing: the folder of the gate's journal";
  if (!is_account(names.control_account))
    return "control_account must contain a character that no device id has";
  if (!is_account(names.bootstrap_account))
    return "bootstrap_account must contain a character that no device id has";
  if (names.control_account == names.bootstrap_account) return "control_account equals bootstrap_account";
  if (!is_root(names.provisioning_root)) return "provisioning_root is no root of topics";
  if (!is_root(names.devices_root)) return "devices_root is no root of topics";
  return settings.most_entries == 0 ? "max_entries is no number from 1 to 100000000" : nullptr;
}

}  // namespace

std::expected<Settings, std::string> read_options(const Options& options) {
  Settings settings;
  const std::map<std::string_view, std::string*> texts = {
      {"device_ca", &settings.device_ca},
      {"state", &settings.state},
      {"control_account", &settings.names.control_account},
      {"bootstrap_account", &settings.names.bootstrap_account},
      {"provisioning_root", &settings.names.provisioning_root},
      {"devices_root", &settings.names.devices_root}};
  for (const auto& [name, value] : options) {
    const auto text = texts.find(name);
    if (text != texts.end())
      *text->second = value;
    else if (name == "max_entries")
      settings.most_entries = std::min(read_number(value).value_or(0), most_that_may_be);
    else
      return std::unexpected("plugin_opt_" + name + " is unknown");
  }
  if (const char* const fault = fault_of(settings))
    return std::unexpected(std::string("plugin_opt_") + fault);
  return settings;
}

}  // namespace latchkey::gate
