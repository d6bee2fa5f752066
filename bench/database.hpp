#pragma once

#include "registry/registry.hpp"

#include <cstddef>
#include <string>

namespace latchkey::bench {

struct DatabaseOptions {
  std::string url;
  std::string password;
  std::string group = "bench";  ///< enrolled, symmetric
  std::string prefix;           ///< of the device ids
  std::size_t devices = 0;
  std::size_t threads = 2;  ///< a connection each, as the service's workers
  std::size_t batch = 128;
};

/// Registers devices by the service's own statements alone (load, commit, mark sent), with rows made
/// beforehand. Returns a JSON object with devices a second. The error says what the registry refused.
[[nodiscard]] std::expected<std::string, std::string> measure_database(const DatabaseOptions& options);

}  // namespace latchkey::bench
