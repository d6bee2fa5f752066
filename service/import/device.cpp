#include "service/import/device.hpp"

#include "crypto/encoding.hpp"
#include "crypto/key.hpp"
#include "crypto/key_text.hpp"
#include "crypto/mac.hpp"
#include "protocol/configuration.hpp"
#include "protocol/device_id.hpp"
#include "protocol/limits.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

namespace limits = protocol::limits;
using Material = std::expected<crypto::Bytes, std::string>;

Material problem(std::string what) {
  return std::unexpected(std::move(what));
}

Material sealed_key(const ImportRecord& record, const ImportOptions& options) {
  if (options.master_key == nullptr)
    return problem("key: the master key, under which it is sealed, cannot be read");
  const auto key = crypto::read_key_text(record[Column::key], limits::key_min_bytes, limits::key_max_bytes);
  if (!key) return problem("key: " + key.error().what + "; it must be base64 of 32 to 64 bytes");
  return options.master_key->seal("device:" + record[Column::device_id], key->view());
}

Material hashed_token(const std::string& token) {
  const auto length =
      static_cast<std::size_t>(std::ranges::count_if(token, [](char c) { return (c & 0xc0) != 0x80; }));
  if (length < limits::token_min_chars || length > limits::token_max_chars)
    return problem("token: it has " + std::to_string(length) + " characters, it must have 16 to 256");
  const auto digest = crypto::sha256(crypto::as_bytes(token));
  return crypto::Bytes(digest.begin(), digest.end());
}

Material public_key(const std::string& text) {
  const auto der = crypto::base64_decode(text);
  if (!der) return problem("public_key: not base64");
  const auto key = crypto::PublicKey::from_spki(*der);
  if (!key) return problem("public_key: " + key.error().what);
  return *der;
}

Material fingerprint(const std::string& text) {
  const auto digit = [](char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    return digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  };
  crypto::Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto high = digit(text[i]), low = digit(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) break;
    bytes.push_back(static_cast<std::uint8_t>(high << 4U | low));
  }
  if (text.size() != 64 || bytes.size() != 32)
    return problem("certificate_sha256: not 64 hexadecimal digits");
  return bytes;
}

constexpr std::array proofs = {std::pair{Column::key, "symmetric_key"}, std::pair{Column::token, "token"},
                               std::pair{Column::public_key, "public_key"},
                               std::pair{Column::certificate_sha256, "x509"}};

Material material_of(const ImportRecord& record, Column column, const ImportOptions& options) {
  switch (column) {
    case Column::key:
      return sealed_key(record, options);
    case Column::token:
      return hashed_token(record[column]);
    case Column::public_key:
      return public_key(record[column]);
    default:
      return fingerprint(record[column]);
  }
}

}  // namespace

std::expected<registry::ImportedDevice, std::string> imported_device(const ImportRecord& record,
                                                                     const ImportOptions& options) {
  if (!record.problem.empty()) return std::unexpected(record.problem);
  registry::ImportedDevice device;
  device.line = record.line;
  device.device_id = record[Column::device_id];
  if (auto fault = protocol::fault_of_id(device.device_id); !fault.empty())
    return std::unexpected("device_id: " + fault);
  device.group = record.has(Column::group) ? record[Column::group] : options.group;
  if (auto fault = protocol::fault_of_id(device.group); !device.group.empty() && !fault.empty())
    return std::unexpected("group: " + fault);
  device.proof = "group";
  for (const auto& [column, proof] : proofs) {
    if (!record.has(column)) continue;
    if (device.proof != "group")
      return std::unexpected("more than one of key, token, public_key and certificate_sha256");
    auto material = material_of(record, column, options);
    if (!material) return std::unexpected(std::move(material).error());
    device.proof = proof;
    device.material = *std::move(material);
  }
  if (device.proof == "group" && device.group.empty())
    return std::unexpected("neither a proof (key, token, public_key, certificate_sha256) nor a group");
  auto config = protocol::check_config(record.has(Column::config) ? record[Column::config] : "{}");
  if (!config) return std::unexpected(std::move(config).error());
  device.config = *std::move(config);
  return device;
}

}  // namespace latchkey::service
