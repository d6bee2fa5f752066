#pragma once

#include "registry/import.hpp"
#include "service/import/record.hpp"
#include "service/keys/master_key.hpp"

#include <expected>

namespace latchkey::service {

/// Options for all devices of an import.
struct ImportOptions {
  std::string group;                      ///< the group of devices that name none; empty: no group
  const MasterKey* master_key = nullptr;  ///< null: a device with a key of its own is an error
};

/// Converts a record for the registry: seals its key, hashes its token. The error names the column and never
/// quotes a secret.
[[nodiscard]] std::expected<registry::ImportedDevice, std::string> imported_device(
    const ImportRecord& record, const ImportOptions& options);

}  // namespace latchkey::service
