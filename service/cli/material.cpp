#include "service/cli/material.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/limits.hpp"
#include "service/cli/public_material.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace latchkey::cli {
namespace {

namespace limits = protocol::limits;

constexpr std::size_t generated_key_size = 32;
constexpr std::size_t generated_token_bytes = 24;  // 32 characters

struct Source {
  const char* flag;
  bool is_given;
  std::string_view proof;
};

std::array<Source, 8> sources_of(const MaterialFlags& flags) {
  return {{{"--key-file", !flags.key_file.empty(), "symmetric_key"},
           {"--generate-key", !flags.generate_key.empty(), "symmetric_key"},
           {"--token-file", !flags.token_file.empty(), "token"},
           {"--generate-token", !flags.generate_token.empty(), "token"},
           {"--ca-file", !flags.ca_file.empty(), "x509"},
           {"--public-key-file", !flags.public_key_file.empty(), "public_key"},
           {"--certificate-file", !flags.certificate_file.empty(), "x509"},
           {"--allow", flags.allow, "group"}}};
}

Result<void> check_flags(const MaterialFlags& flags) {
  std::vector<Source> given;
  for (const Source& source : sources_of(flags))
    if (source.is_given) given.push_back(source);
  if (given.size() != 1)
    return fail(exit_code::usage,
                given.empty() ? "nothing to enrol with" : "more than one thing to enrol with",
                "give one of " + flags.choices);
  const Source& source = given.front();
  if (flags.proof.empty() || flags.proof == source.proof) return {};
  return fail(exit_code::usage, "--proof " + flags.proof + " does not go with " + source.flag +
                                    ", which is for " + std::string(source.proof));
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
  return Material{"token", *std::move(token), {}, {}};
}

Result<Material> read_key(const std::string& file) {
  auto key = crypto::read_key_file(file, limits::key_min_bytes, limits::key_max_bytes);
  if (!key) return fail(exit_code::bad_data, key.error().what);
  return Material{"symmetric_key", *std::move(key), {}, {}};
}

Material make_key(const std::string& file) {
  crypto::Secret key(generated_key_size);
  crypto::fill_random(key.writable());
  return {"symmetric_key", std::move(key), {}, file};
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
  return {"token", secret_of(crypto::base64url_encode(bytes.view())), {}, file};
}

crypto::Secret line_of(const Material& material) {
  if (!material.is_token()) return secret_of(crypto::base64_encode(material.secret.view()) + "\n");
  return secret_of(std::string(material.secret.text()) + "\n");
}

Result<Material> without_secret(std::string_view proof, Result<crypto::Bytes> open) {
  if (!open) return std::unexpected(std::move(open).error());
  return Material{proof, {}, *std::move(open), {}};
}

}  // namespace

Result<Material> find_material(const MaterialFlags& flags, const std::string& config_file) {
  if (const auto checked = check_flags(flags); !checked) return std::unexpected(checked.error());
  if (!flags.key_file.empty()) return read_key(flags.key_file);
  if (!flags.token_file.empty()) return read_token(flags.token_file);
  if (!flags.ca_file.empty()) return without_secret("x509", read_group_ca(flags.ca_file, config_file));
  if (!flags.public_key_file.empty())
    return without_secret("public_key", read_public_key(flags.public_key_file));
  if (!flags.certificate_file.empty())
    return without_secret("x509", read_certificate_fingerprint(flags.certificate_file));
  if (flags.allow) return without_secret("group", crypto::Bytes());
  return flags.generate_key.empty() ? make_token(flags.generate_token) : make_key(flags.generate_key);
}

Result<crypto::Bytes> for_registry(const Material& material, std::string_view purpose,
                                   const std::string& config_file) {
  if (material.proof != "symmetric_key" && !material.is_token()) return material.open;
  if (material.is_token()) {
    const auto hash = crypto::sha256(material.secret.view());
    return crypto::Bytes(hash.begin(), hash.end());
  }
  const auto master = find_master_key(config_file);
  if (!master) return std::unexpected(master.error());
  return master->seal(purpose, material.secret.view());
}

Result<service::MasterKey> find_master_key(const std::string& config_file) {
  const auto config = service::load_config(service::config_path(config_file), {"secrets"});
  if (!config)
    return fail(config.error(),
                "the registry keeps keys sealed under the master key of the service's configuration");
  auto master =
      service::load_master_key(config->secrets.master_key_file, config->secrets.previous_master_key_file);
  if (!master) return fail(exit_code::configuration, master.error().what);
  return *std::move(master);
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
