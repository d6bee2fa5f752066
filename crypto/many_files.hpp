#pragma once

#include "crypto/bytes.hpp"

#include <filesystem>

/// For very many secret files: one sync makes all of them durable.
namespace latchkey::crypto {

/// Creates `path` with mode 0600 and writes it; neither is atomic or durable. Refuses to overwrite.
[[nodiscard]] Result<void> create_unsynced_file(const std::filesystem::path& path, ByteView content);

/// Makes durable all that was written to the file system of this folder (syncfs(2)).
[[nodiscard]] Result<void> sync_file_system(const std::filesystem::path& folder);

}  // namespace latchkey::crypto
