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

/// The number of code points in UTF-8 text.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

Result<Material> read_token(const std::string& file) {
  auto token = crypto::read_line_file(file);
  if (!token) return fail(exit_code::bad_data, token.error().what);
  const auto length = count_characters(token->text());
  if (length < limits::token_min_chars || length > limits::token_max_chars)
    return fail(exit_code::bad_data, file + ": the token has " + std::to_string(length) +
                                         " characters, it must have " +
                                         std::to_string(limits::token_min_chars) + " to " +
                                         std::to_string(limits::token_max_chars));
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

/// Moves a text into a Secret and wipes the text.
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

/// A flag that names a file to read material from, or to write it to. Add a line for a new kind of proof.
struct Source {
  const char* flag;
  std::string_view proof;
  std::string_view commands;  ///< which commands have the flag: k: key, K: group's key, g: group, d: device
  const char* help;           ///< "%" is replaced by "group" or "device"
  Result<Material> (*read)(const std::string& file, const std::string& config_file);
};

const std::array sources = {
    Source{"--key-file", "symmetric_key", "kKgd", "The %'s key: 32-64 bytes, raw or as one base64 line",
           [](const std::string& file, const std::string&) { return read_key(file); }},
    Source{"--generate-key", "symmetric_key", "kKgd",
           "Generate a key of 32 bytes and write it to this new file (mode 0600)",
           [](const std::string& file, const std::string&) -> Result<Material> { return make_key(file); }},
    Source{"--token-file", "token", "gd", "The %'s token: one line of 16-256 characters",
           [](const std::string& file, const std::string&) { return read_token(file); }},
    Source{"--generate-token", "token", "gd", "Generate a token and write it to this new file (mode 0600)",
           [](const std::string& file, const std::string&) -> Result<Material> { return make_token(file); }},
    Source{"--ca-file", "x509", "Kg",
           "The CA (PEM) that issued the devices' certificates; never one of the service's own",
           [](const std::string& file, const std::string& config_file) {
             return without_secret("x509", read_group_ca(file, config_file));
           }},
    Source{"--public-key-file", "public_key", "d",
           "The device's public key: PEM (SubjectPublicKeyInfo) or a JWK",
           [](const std::string& file, const std::string&) {
             return without_secret("public_key", read_public_key(file));
           }},
    Source{"--certificate-file", "x509", "d", "The device's certificate (PEM), from any issuer",
           [](const std::string& file, const std::string&) {
             return without_secret("x509", read_certificate_fingerprint(file));
           }}};

std::string help_of(const Source& source, const std::string& whose) {
  std::string help = source.help;
  if (const auto at = help.find('%'); at != std::string::npos) help.replace(at, 1, whose);
  return help;
}

/// The source that the flags select. --allow is separate: it needs no file.
struct Given {
  std::string_view flag;
  std::string_view proof;
  const Source* source = nullptr;
};

Result<Given> given_in(const MaterialFlags& flags) {
  std::vector<Given> given;
  for (const Source& source : sources)
    if (const auto file = flags.files.find(source.flag); file != flags.files.end() && !file->second.empty())
      given.push_back({source.flag, source.proof, &source});
  if (flags.allow) given.push_back({"--allow", "group"});
  if (given.size() != 1)
    return fail(exit_code::usage, given.empty() ? "no proof to enrol" : "more than one proof to enrol",
                "give one of " + flags.choices);
  const Given& one = given.front();
  if (flags.proof.empty() || flags.proof == one.proof) return one;
  return fail(exit_code::usage, "--proof " + flags.proof + " does not go with " + std::string(one.flag) +
                                    ", which is for " + std::string(one.proof));
}

}  // namespace

void add_material_flags(Command& command, MaterialFlags& flags, MaterialOf what, const std::string& whose) {
  const char letter = "kKgd"[static_cast<std::size_t>(what)];
  std::vector<std::string> proofs;
  for (const Source& source : sources) {
    if (!source.commands.contains(letter)) continue;
    command.value(source.flag, flags.files[source.flag], help_of(source, whose),
                  {.metavar = "FILE", .heading = "One of"});
    flags.choices += (flags.choices.empty() ? "" : ", ") + std::string(source.flag);
    if (std::ranges::find(proofs, source.proof) == proofs.end()) proofs.emplace_back(source.proof);
  }
  if (what == MaterialOf::device) {
    command.flag("--allow", flags.allow,
                 "No proof of its own: the device uses the proof of its group and is put on its allow list",
                 "One of");
    flags.choices += ", --allow";
    proofs.emplace_back("group");
  }
  if (what == MaterialOf::device || what == MaterialOf::group)
    command.value("--proof", flags.proof,
                  "Kind of proof (default: the kind that goes with --key-file, --token-file ...)",
                  {.metavar = "PROOF", .one_of = std::move(proofs)});
}

Result<Material> find_material(const MaterialFlags& flags, const std::string& config_file) {
  const auto given = given_in(flags);
  if (!given) return std::unexpected(given.error());
  if (given->source == nullptr) return without_secret("group", crypto::Bytes());
  return given->source->read(flags.files.find(given->flag)->second, config_file);
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
                "a key is sealed under the master key (secrets.master_key_file) before it is stored");
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
                exists ? "the file is not overwritten: name a file that does not exist" : "");
  }
  return GeneratedFile(material.file_to_create);
}

GeneratedFile::~GeneratedFile() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace latchkey::cli
