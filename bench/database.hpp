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

/// Registers devices by the service's own statements (load, commit, mark sent), their rows made beforehand,
/// with nothing else going on: devices a second, as a JSON object. The error says what the registry refused.
[[nodiscard]] std::expected<std::string, std::string> measure_database(const DatabaseOptions& options);

}  // namespace latchkey::bench
