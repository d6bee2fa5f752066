#include "device/factory_files.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "crypto/private_number.hpp"
#include "protocol/signer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace latchkey::device {
namespace {

namespace fs = std::filesystem;
using Files = std::expected<std::vector<FactoryFile>, std::string>;
using Done = std::expected<void, std::string>;

constexpr const char* key_name = "key";
constexpr const char* private_key_name = "private-key.pem";
constexpr const char* certificate_name = "certificate.pem";
constexpr const char* token_name = "token";
constexpr const char* nvs_name = "nvs.csv";
constexpr std::size_t token_bytes = 24;
// For a service whose clock is slow.
constexpr std::chrono::hours before_now{1};

crypto::Secret text_of(std::initializer_list<std::string_view> parts) {
  return concatenated(std::span(parts.begin(), parts.size()));
}
/// Takes a text that is secret.
crypto::Secret kept(std::string text) {
  crypto::Secret secret(text);
  crypto::wipe(text);
  return secret;
}

/// A row of nvs.csv (ESP-IDF, "NVS Partition Generator Utility": key, type, encoding, value).
crypto::Secret nvs_row(std::string_view key, std::string_view encoding, const crypto::Secret& value) {
  return text_of({key, ",data,", encoding, ",", value.text(), "\n"});
}
crypto::Secret nvs_bytes(std::string_view key, crypto::ByteView bytes) {
  return nvs_row(key, "hex2bin", kept(crypto::to_hex(bytes)));
}

/// A certificate as PEM (RFC 7468, 2). Not by OpenSSL, which would take most of the time of making a device.
crypto::Secret pem_of(const crypto::Bytes& der) {
  constexpr std::size_t line = 64;
  const auto text = crypto::base64_encode(der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += line)
    pem += text.substr(at, line) + "\n";
  return crypto::Secret(pem + "-----END CERTIFICATE-----\n");
}

/// The files of a proof, and its rows in nvs.csv.
struct Made {
  std::vector<FactoryFile> files;
  crypto::Secret nvs;
};

std::expected<Made, std::string> make(const DerivedKeys& proof, const std::string& id) {
  const auto key = protocol::device_key(proof.group_key.view(), id);
  const auto text = kept(crypto::base64_encode(key.view()));
  Made made{.files = {}, .nvs = nvs_bytes("key", key.view())};
  made.files.push_back({key_name, text_of({text.text(), "\n"})});
  return made;
}

std::expected<Made, std::string> make(const FactoryCertificates& proof, const std::string& id) {
  const auto key = crypto::PrivateKey::generate_p256();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto& ca = proof.issuer.certificate();
  const auto der = proof.issuer.issue({.common_name = id,
                                       .key = key.public_key(),
                                       .serial = crypto::random_serial(),
                                       .validity = {now - before_now, ca.not_after()}});
  if (!der) return std::unexpected(der.error().what);
  Made made{.files = {},
            .nvs = text_of({nvs_bytes("private_key", crypto::private_number(key).view()).text(),
                            nvs_bytes("certificate", *der).text()})};
  made.files.push_back({private_key_name, key.to_pem()});
  made.files.push_back({certificate_name, pem_of(*der)});
  return made;
}

std::expected<Made, std::string> make(const FactoryTokens&, const std::string&) {
  const auto token = kept(crypto::base64url_encode(crypto::random_bytes(token_bytes)));
  Made made{.files = {}, .nvs = nvs_row("token", "string", token)};
  made.files.push_back({token_name, text_of({token.text(), "\n"})});
  return made;
}

Done check(const DerivedKeys& proof, const std::string& id, const fs::path& folder) {
  const auto file = folder / key_name;
  const auto wanted = make(proof, id);
  const auto found = crypto::read_secret_file(file);
  if (!found) return std::unexpected(found.error().what);
  if (crypto::equal_constant_time(found->view(), wanted->files.front().content.view())) return {};
  return std::unexpected(file.string() + " is not derived from this group key");
}

Done check(const FactoryCertificates& proof, const std::string& id, const fs::path& folder) {
  const auto identity = crypto::load_identity(folder / certificate_name, folder / private_key_name);
  if (!identity) return std::unexpected(identity.error().what);
  const auto& certificate = identity->certificate;
  if (certificate.common_name() == id && certificate.issued_by(proof.issuer.certificate())) return {};
  return std::unexpected((folder / certificate_name).string() + " is not of this CA for " + id);
}

Done check(const FactoryTokens&, const std::string&, const fs::path& folder) {
  const auto token = crypto::read_line_file(folder / token_name);
  if (!token) return std::unexpected(token.error().what);
  return {};
}

}  // namespace

crypto::Secret concatenated(std::span<const std::string_view> parts) {
  std::size_t size = 0;
  for (const auto& part : parts)
    size += part.size();
  crypto::Secret whole(size);
  auto at = whole.writable().begin();
  for (const auto& part : parts)
    at = std::ranges::copy(crypto::as_bytes(part), at).out;
  return whole;
}

Files files_of(const FactoryOrder& order, const std::string& id) {
  auto made = std::visit([&](const auto& proof) { return make(proof, id); }, order.proof);
  if (!made) return std::unexpected(std::move(made).error());
  if (order.has_nvs)
    made->files.push_back(
        {nvs_name, text_of({"key,type,encoding,value\nlatchkey,namespace,,\ndevice_id,data,string,", id,
                            "\ngroup,data,string,", order.group, "\n", made->nvs.text()})});
  return std::move(made->files);
}

Done check_files(const FactoryOrder& order, const std::string& id, const fs::path& folder) {
  if (order.has_nvs && !fs::exists(folder / nvs_name))
    return std::unexpected(folder.string() + " was made without " + nvs_name);
  return std::visit([&](const auto& proof) { return check(proof, id, folder); }, order.proof);
}

std::expected<crypto::Secret, std::string> enrolment_line(const FactoryOrder& order, const std::string& id) {
  if (!std::holds_alternative<FactoryTokens>(order.proof)) return text_of({id, ",", order.group, "\n"});
  const auto token = crypto::read_line_file(order.folder / id / token_name);
  if (!token) return std::unexpected(token.error().what);
  return text_of({id, ",", order.group, ",", token->text(), "\n"});
}

std::string_view enrolment_header(const FactoryProof& proof) noexcept {
  return std::holds_alternative<FactoryTokens>(proof) ? "device_id,group,token\n" : "device_id,group\n";
}

}  // namespace latchkey::device
