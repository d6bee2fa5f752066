#pragma once

#include "service/cli/outcome.hpp"

#include <string>

// What an enrolment proves itself by: a key or a token, from a file or made here.
namespace latchkey::cli {

struct MaterialFlags {
  std::string proof;  ///< empty: what the file is for
  std::string key_file;
  std::string generate_key;
  std::string token_file;
  std::string generate_token;
};

struct Material {
  bool is_token = false;
  crypto::Secret secret;       ///< the key's bytes, or the token's text
  std::string file_to_create;  ///< empty: it was read from a file
  [[nodiscard]] std::string_view proof() const { return is_token ? "token" : "symmetric_key"; }
};

/// Reads the file, or makes the secret in memory: nothing is written yet.
[[nodiscard]] Result<Material> find_material(const MaterialFlags& flags);

/// What the registry keeps: the token's SHA-256, or the key sealed for `purpose` under the configured master
/// key.
[[nodiscard]] Result<crypto::Bytes> for_registry(const Material& material, std::string_view purpose,
                                                 const std::string& config_file);

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
