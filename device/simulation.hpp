#pragma once

#include "device/mailbox.hpp"
#include "device/running.hpp"
#include "device/settings.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::device {

/// How many devices of a simulated fleet are where.
struct Tally {
  std::size_t devices = 0;
  std::size_t connected = 0;                   ///< now, ready or not
  std::size_t ready = 0;                       ///< now
  std::size_t renewed = 0;                     ///< credentials that replaced another, since the beginning
  std::map<std::string, std::size_t> refused;  ///< whose last answer was a rejection, by its code
};

/// Each device is what `run` makes of it, with a folder of its own below `folder` and a thread of its own.
struct Fleet {
  std::vector<Settings> devices;
  std::filesystem::path folder;
  bool has_clock = true;
  RunOptions options;
};

/// Runs them until `control` is stopped; then each says goodbye. `tell` is called every second, on this
/// thread, and at the end; `remark`, on any thread and one at a time, with what went wrong at a device, and
/// not at another one within the minute before.
void simulate(const Fleet& fleet, Mailbox& control, const std::function<void(const Tally&)>& tell,
              const std::function<void(std::string_view)>& remark);

}  // namespace latchkey::device
