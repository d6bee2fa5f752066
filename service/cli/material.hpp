#pragma once

#include "base/command_line.hpp"
#include "service/cli/outcome.hpp"
#include "service/keys/master_key.hpp"

#include <functional>
#include <map>
#include <string>

// The material of an enrolment's proof: a secret or public data from a file, or a newly generated secret.
namespace latchkey::cli {

struct MaterialFlags {
  std::string proof;                                      ///< empty: the flag's own proof
  std::map<std::string, std::string, std::less<>> files;  ///< by flag; empty: not given
  bool allow = false;
  std::string choices;  ///< the command's flags of which one is required, for error texts
};

/// Selects the flags of a command.
enum class MaterialOf { key, group_key, group, device };

/// Adds a flag for each source of material that fits. `whose` is "group" or "device", for the help.
void add_material_flags(Command& command, MaterialFlags& flags, MaterialOf what, const std::string& whose);

struct Material {
  std::string_view proof;      ///< symmetric_key, public_key, x509, token or group
  crypto::Secret secret;       ///< the key's bytes, or the token's text
  crypto::Bytes open;          ///< public material in the registry's form
  std::string file_to_create;  ///< empty: the material was read from a file
  [[nodiscard]] bool is_token() const { return proof == "token"; }
};

/// Reads the file, or generates the secret in memory. Writes nothing.
[[nodiscard]] Result<Material> find_material(const MaterialFlags& flags, const std::string& config_file);

/// The material in the registry's form: a token's SHA-256, a key sealed for `purpose` under the configured
/// master key, public material unchanged, nothing for the proof `group`.
[[nodiscard]] Result<crypto::Bytes> for_registry(const Material& material, std::string_view purpose,
                                                 const std::string& config_file);

/// Loads the master key of the configuration's [secrets].
[[nodiscard]] Result<service::MasterKey> find_master_key(const std::string& config_file);

/// The file of a generated secret. The destructor removes it unless `keep` was called.
class GeneratedFile {
 public:
  /// Writes the file; does nothing for a secret that was read from a file.
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
