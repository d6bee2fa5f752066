#pragma once

#include "registry/import.hpp"
#include "service/import/record.hpp"
#include "service/keys/master_key.hpp"

#include <expected>

namespace latchkey::service {

/// What holds for all devices of an import.
struct ImportOptions {
  std::string group;                      ///< of those that name none; empty: none
  const MasterKey* master_key = nullptr;  ///< null: devices with a key of their own are a problem
};

/// A record as the registry takes it: its key sealed, its token hashed. The error says which column is wrong,
/// and repeats nothing of a secret.
[[nodiscard]] std::expected<registry::ImportedDevice, std::string> imported_device(
    const ImportRecord& record, const ImportOptions& options);

}  // namespace latchkey::service
