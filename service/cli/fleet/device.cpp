#include "service/cli/commands.hpp"
#include "service/cli/fleet/fleet.hpp"

namespace latchkey::cli {

void add_device_commands(Command& root) {
  auto device = root.add("device", "List, show and watch devices, and act on them");
  add_device_list(device);
  add_device_show(device);
  add_device_acts(device);
  add_device_label(device);
  add_device_move(device);
  add_device_watch(device);
}

}  // namespace latchkey::cli
