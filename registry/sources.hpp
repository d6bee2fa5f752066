#pragma once

#include <span>
#include <string_view>

/// The SQL files of this folder, embedded in the binary (cmake/EmbedRegistry.cmake).
namespace latchkey::registry {

/// A file of registry/schema: applied once, never changed after its release.
struct SchemaFile {
  std::string_view version;  ///< "0001"
  std::string_view name;     ///< "tables"
  std::string_view sql;
};

/// A file of registry/code: applied by every migration.
struct CodeFile {
  enum class Kind { function, view, trigger } kind = Kind::function;
  std::string_view name;  ///< "service/load_requests"
  std::string_view sql;
};

/// A file of registry/passes: statements that a migration runs before or after those.
struct PassFile {
  std::string_view name;  ///< "rights"
  std::string_view sql;
};

/// In the order in which they apply.
[[nodiscard]] std::span<const SchemaFile> schema_files();
/// Functions first, then views in the order of their dependencies, then triggers.
[[nodiscard]] std::span<const CodeFile> code_files();
[[nodiscard]] std::span<const PassFile> pass_files();

}  // namespace latchkey::registry
