#pragma once

#include "device/mailbox.hpp"
#include "device/run.hpp"
#include "device/settings.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::device {

/// The progress of a simulated fleet.
struct Tally {
  std::size_t devices = 0;
  std::size_t connected = 0;                   ///< connected now, ready or not
  std::size_t ready = 0;                       ///< now
  std::size_t renewed = 0;                     ///< renewed credentials since the start
  std::size_t readings = 0;                    ///< published since the start
  std::map<std::string, std::size_t> refused;  ///< devices whose last answer was a rejection, by code
};

/// Devices that each execute `run` in a thread of their own, with a folder of their own below `folder`.
struct Fleet {
  std::vector<Settings> devices;
  std::filesystem::path folder;
  bool has_clock = true;
  RunOptions options;
};

/// Runs all devices until `control` is stopped; then they disconnect. Calls `report` every second and at the
/// end, on this thread. Calls `remark` with a device's problem, on any thread but one at a time, unless
/// another device reported the same within a minute.
void simulate(const Fleet& fleet, Mailbox& control, const std::function<void(const Tally&)>& report,
              const std::function<void(std::string_view)>& remark);

}  // namespace latchkey::device
