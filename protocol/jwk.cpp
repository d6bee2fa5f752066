#include "protocol/jwk.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/json.hpp"

#include <array>
#include <utility>

namespace latchkey::protocol {
namespace {

using crypto::Algorithm;
using crypto::KeyNumbers;

// RFC 7518, 6.2.2, 6.3.2 and 6.4.1: the members that only a private or symmetric key has.
constexpr std::array private_members{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
constexpr std::size_t coordinate_bytes = 32;

void refuse_private(const json::Reader& in) {
  for (const auto* name : private_members)
    if (in.has(name)) in.complain(name, "is of a private key: it stays in the device");
}

struct Kind {
  std::string_view kty;
  std::string_view crv;  ///< empty: this kind has no curve
  Algorithm algorithm;
  std::string_view first;
  std::string_view second;  ///< empty: this kind has one number only
};
constexpr std::array<Kind, 4> kinds{{
    {"EC", "P-256", Algorithm::es256, "x", "y"},
    {"EC", "P-384", Algorithm::es384, "x", "y"},
    {"OKP", "Ed25519", Algorithm::ed25519, "x", ""},
    {"RSA", "", Algorithm::rs256, "n", "e"},
}};

const Kind* find_kind(std::string_view kty, std::string_view crv) {
  for (const auto& kind : kinds)
    if (kind.kty == kty && kind.crv == crv) return &kind;
  return nullptr;
}

const Kind* read_kind(const json::Reader& in) {
  const auto kty = in.text("kty");
  const auto crv = kty == "RSA" ? std::string() : in.text("crv");
  const auto* kind = find_kind(kty, crv);
  if (kind == nullptr)
    in.complain(find_kind(kty, "") == nullptr && kty != "EC" && kty != "OKP" ? "kty" : "crv",
                "is not EC with P-256 or P-384, OKP with Ed25519, or RSA");
  return kind;
}

crypto::Bytes read_number(const json::Reader& in, std::string_view name) {
  if (name.empty()) return {};
  auto bytes = crypto::base64url_decode(in.text(name));
  if (!bytes || bytes->empty()) in.complain(name, "must be base64url");
  return bytes ? *std::move(bytes) : crypto::Bytes();
}

// RFC 7517, 4.2 and 4.4: refuse a key that is marked for another use.
void check_purpose(const json::Reader& in, Algorithm algorithm) {
  const auto alg = in.optional_text("alg");
  const bool is_old_name = algorithm == Algorithm::ed25519 && alg == "EdDSA";
  if (alg && *alg != crypto::name_of(algorithm) && !is_old_name)
    in.complain("alg", "must be " + std::string(crypto::name_of(algorithm)) + " for this key");
  if (const auto use = in.optional_text("use"); use && *use != "sig") in.complain("use", "must be sig");
}

const Kind& kind_of(Algorithm algorithm) {
  for (const auto& kind : kinds)
    if (kind.algorithm == algorithm) return kind;
  std::unreachable();
}

}  // namespace

std::expected<crypto::PublicKey, std::string> read_public_jwk(std::string_view text) {
  const auto document = json::parse(text, json::message_bounds);
  if (!document) return std::unexpected("jwk: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  refuse_private(in);
  const auto* kind = read_kind(in);
  if (kind == nullptr) return std::unexpected(std::move(fault));
  check_purpose(in, kind->algorithm);
  const KeyNumbers numbers{.first = read_number(in, kind->first), .second = read_number(in, kind->second)};
  if (!fault.empty()) return std::unexpected(std::move(fault));
  auto key = crypto::PublicKey::from_numbers(kind->algorithm, numbers);
  if (!key) return std::unexpected("jwk: " + key.error().what);
  return *std::move(key);
}

std::string write_public_jwk(const crypto::PublicKey& key) {
  const auto& kind = kind_of(key.algorithm());
  const auto numbers = key.numbers();
  json::Value out{{"kty", kind.kty}};
  if (!kind.crv.empty()) out["crv"] = kind.crv;
  out[std::string(kind.first)] = crypto::base64url_encode(numbers.first);
  if (!kind.second.empty()) out[std::string(kind.second)] = crypto::base64url_encode(numbers.second);
  return json::write(out);
}

EncryptionKey encryption_key_of(const crypto::PublicKey& key) {
  auto numbers = key.numbers();
  return {.x = std::move(numbers.first), .y = std::move(numbers.second)};
}

std::optional<EncryptionKey> read_encryption_key(const json::Reader& jwk) {
  refuse_private(jwk);
  if (jwk.text("kty") != "EC") jwk.complain("kty", "must be EC");
  if (jwk.text("crv") != "P-256") jwk.complain("crv", "must be P-256");
  EncryptionKey key{.x = jwk.base64url("x", coordinate_bytes), .y = jwk.base64url("y", coordinate_bytes)};
  if (!public_key_of(key)) jwk.complain("x", "is not, with y, a point on P-256");
  if (jwk.complained()) return std::nullopt;
  return key;
}

std::string write_encryption_key(const EncryptionKey& key) {
  return json::write({{"kty", "EC"},
                      {"crv", "P-256"},
                      {"x", crypto::base64url_encode(key.x)},
                      {"y", crypto::base64url_encode(key.y)}});
}

std::optional<crypto::PublicKey> public_key_of(const EncryptionKey& key) {
  auto made = crypto::PublicKey::from_numbers(Algorithm::es256, {.first = key.x, .second = key.y});
  if (!made) return std::nullopt;
  return *std::move(made);
}

}  // namespace latchkey::protocol
