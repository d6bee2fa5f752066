#include "service/cli/material.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/limits.hpp"
#include "service/sealing.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace latchkey::cli {
namespace {

namespace limits = protocol::limits;

constexpr std::size_t generated_key_size = 32;
constexpr std::size_t generated_token_bytes = 24;  // 32 characters

constexpr const char* choices = "give one of --key-file, --generate-key, --token-file, --generate-token";

Result<void> check_flags(const MaterialFlags& flags) {
  const std::string* const given[] = {&flags.key_file, &flags.generate_key, &flags.token_file,
                                      &flags.generate_token};
  const auto count = std::ranges::count_if(given, [](const std::string* flag) { return !flag->empty(); });
  if (count != 1)
    return fail(exit_code::usage,
                count == 0 ? "no key and no token to enrol with" : "more than one key or token", choices);
  const bool is_token = !flags.token_file.empty() || !flags.generate_token.empty();
  if (is_token && flags.proof == "symmetric_key")
    return fail(exit_code::usage, "--proof symmetric_key goes with --key-file or --generate-key");
  if (!is_token && flags.proof == "token")
    return fail(exit_code::usage, "--proof token goes with --token-file or --generate-token");
  return {};
}

/// Unicode characters of a text that is expected to be UTF-8.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

Result<Material> read_token(const std::string& file) {
  auto token = crypto::read_line_file(file);
  if (!token) return fail(exit_code::bad_data, token.error().what);
  const auto length = count_characters(token->text());
  if (length < limits::token_min_chars || length > limits::token_max_chars)
    return fail(exit_code::bad_data, file + ": a token has " + std::to_string(limits::token_min_chars) +
                                         " to " + std::to_string(limits::token_max_chars) +
                                         " characters, this one has " + std::to_string(length));
  return Material{true, *std::move(token), {}};
}

Result<Material> read_key(const std::string& file) {
  auto key = crypto::read_key_file(file, limits::key_min_bytes, limits::key_max_bytes);
  if (!key) return fail(exit_code::bad_data, key.error().what);
  return Material{false, *std::move(key), {}};
}

Material make_key(const std::string& file) {
  crypto::Secret key(generated_key_size);
  crypto::fill_random(key.writable());
  return {false, std::move(key), file};
}

/// A text, and no trace of it elsewhere.
crypto::Secret secret_of(std::string text) {
  crypto::Secret secret(text);
  crypto::wipe(text);
  return secret;
}

Material make_token(const std::string& file) {
  crypto::Secret bytes(generated_token_bytes);
  crypto::fill_random(bytes.writable());
  return {true, secret_of(crypto::base64url_encode(bytes.view())), file};
}

crypto::Secret line_of(const Material& material) {
  if (!material.is_token) return secret_of(crypto::base64_encode(material.secret.view()) + "\n");
  return secret_of(std::string(material.secret.text()) + "\n");
}

}  // namespace

Result<Material> find_material(const MaterialFlags& flags) {
  if (const auto checked = check_flags(flags); !checked) return std::unexpected(checked.error());
  if (!flags.key_file.empty()) return read_key(flags.key_file);
  if (!flags.token_file.empty()) return read_token(flags.token_file);
  return flags.generate_key.empty() ? make_token(flags.generate_token) : make_key(flags.generate_key);
}

Result<crypto::Bytes> for_registry(const Material& material, std::string_view purpose,
                                   const std::string& config_file) {
  if (material.is_token) {
    const auto hash = crypto::sha256(material.secret.view());
    return crypto::Bytes(hash.begin(), hash.end());
  }
  const auto config = service::load_config(service::config_path(config_file), {"secrets"});
  if (!config)
    return fail(config.error(),
                "the registry keeps keys sealed under the master key of the service's configuration");
  const auto master = service::load_master_key(config->secrets.master_key_file,
                                              config->secrets.previous_master_key_file);
  if (!master) return fail(exit_code::configuration, master.error().what);
  return master->seal(purpose, material.secret.view());
}

Result<GeneratedFile> GeneratedFile::create(const Material& material) {
  if (material.file_to_create.empty()) return GeneratedFile({});
  const auto written = crypto::create_secret_file(material.file_to_create, line_of(material).view());
  if (!written) {
    const bool exists = written.error().fault == crypto::Fault::refused;
    return fail(exit_code::bad_data, written.error().what,
                exists ? "nothing is overwritten: name another file" : "");
  }
  return GeneratedFile(material.file_to_create);
}

GeneratedFile::~GeneratedFile() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace latchkey::cli
