#pragma once

#include "base/command_line.hpp"
#include "service/cli/outcome.hpp"
#include "service/keys/master_key.hpp"

#include <functional>
#include <map>
#include <string>

// What an enrolment proves itself by: a secret or something public, from a file, or a secret made here.
namespace latchkey::cli {

struct MaterialFlags {
  std::string proof;                                      ///< empty: the one that the flag is for
  std::map<std::string, std::string, std::less<>> files;  ///< by flag; empty: not given
  bool allow = false;
  std::string choices;  ///< the flags of which one is needed, as this command has them
};

/// Which of the flags a command has.
enum class MaterialOf { key, group_key, group, device };

/// Adds a flag for each source of material that fits. `whose`: "group", "device", as the help says it.
void add_material_flags(Command& command, MaterialFlags& flags, MaterialOf what, const std::string& whose);

struct Material {
  std::string_view proof;      ///< symmetric_key, public_key, x509, token or group
  crypto::Secret secret;       ///< the key's bytes, or the token's text
  crypto::Bytes open;          ///< what is no secret, as the registry keeps it
  std::string file_to_create;  ///< empty: it was read from a file
  [[nodiscard]] bool is_token() const { return proof == "token"; }
};

/// Reads the file, or makes the secret in memory: nothing is written yet.
[[nodiscard]] Result<Material> find_material(const MaterialFlags& flags, const std::string& config_file);

/// What the registry keeps: the token's SHA-256, the key sealed for `purpose` under the configured master
/// key, what is no secret as it is, and for the proof group nothing.
[[nodiscard]] Result<crypto::Bytes> for_registry(const Material& material, std::string_view purpose,
                                                 const std::string& config_file);

/// [secrets] of the configuration.
[[nodiscard]] Result<service::MasterKey> find_master_key(const std::string& config_file);

/// The file of a secret that was made here. Removed again when this goes, unless it was kept.
class GeneratedFile {
 public:
  /// Writes nothing for a secret that was read from a file.
  [[nodiscard]] static Result<GeneratedFile> create(const Material& material);
  void keep() { path_.clear(); }
  GeneratedFile(GeneratedFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  GeneratedFile& operator=(GeneratedFile&&) = delete;
  ~GeneratedFile();

 private:
  explicit GeneratedFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace latchkey::cli
