#pragma once

// What the tests of this folder start from: one good message of each kind, to be spoilt in one place.

#include "protocol/request.hpp"
#include "protocol/signer.hpp"
#include "support/repository.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace latchkey::protocol::fixtures {

using Json = nlohmann::json;

inline constexpr std::string_view request_id = "5f0c9a1e7b3d4c2a";
inline constexpr std::string_view token = "a-token-of-24-characters";

[[nodiscard]] inline DeviceId device(std::string_view id = "12345") {
  return DeviceId::parse(id).value();
}

[[nodiscard]] inline crypto::Secret key() {
  return crypto::Secret(std::string_view("0123456789abcdef0123456789abcdef"));
}

[[nodiscard]] inline Json plain_request() {
  return Json::parse(
      R"({"request_id":"5f0c9a1e7b3d4c2a","device_id":"12345","token":"a-token-of-24-characters",
    "credential":{"type":"x509","csr":"MAA="},"attributes":{"model":"TH-2","slots":4,"outdoor":true}})");
}

[[nodiscard]] inline Json signed_request() {
  auto request = plain_request();
  request.erase("token");
  request["issued_at"] = 1767225600;
  // The public key of RFC 7515, appendix A.3.1.
  request["encryption_key"] = {{"kty", "EC"},
                               {"crv", "P-256"},
                               {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                               {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}};
  return request;
}

[[nodiscard]] inline Json jose_header() {
  return {{"alg", "HS256"}, {"typ", "provisioning-request+jws"}, {"kid", "sensors"}};
}

/// `base` with the value at the JSON pointer `at` replaced by the JSON text `value`; an empty one removes it.
[[nodiscard]] inline Json with(Json base, std::string_view at, std::string_view value) {
  const Json::json_pointer pointer{std::string(at)};
  if (value.empty())
    base[pointer.parent_pointer()].erase(pointer.back());
  else
    base[pointer] = Json::parse(value);
  return base;
}

/// A JWS of these texts under `key()`, whatever they say.
[[nodiscard]] inline std::string jws_of_texts(std::string_view header, std::string_view payload) {
  return crypto::sign_hs256(header, payload, key().view());
}
[[nodiscard]] inline std::string jws(const Json& header, const Json& payload) {
  return jws_of_texts(header.dump(), payload.dump());
}

/// What `decode_request` says of a message of device 12345: "" if it is taken.
[[nodiscard]] inline std::string fault_of(std::string_view message) {
  const auto decoded = decode_request(device(), message);
  return decoded ? "" : decoded.error().message;
}

/// A folder or file of external test inputs, below LATCHKEY_CORPORA; empty if that is not set.
[[nodiscard]] inline std::string corpus(std::string_view name) {
  const char* root = std::getenv("LATCHKEY_CORPORA");
  return root == nullptr ? "" : (std::filesystem::path(root) / name).string();
}

using test::repository_path;

[[nodiscard]] inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

}  // namespace latchkey::protocol::fixtures
