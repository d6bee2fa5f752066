#include "protocol/jose_header.hpp"

#include "protocol/json.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::protocol {
namespace {

using crypto::Algorithm;

constexpr std::array known_members{"alg", "typ", "kid", "x5c", "x5t#S256"};
constexpr std::array<std::pair<std::string_view, Algorithm>, 6> algorithms{{
    {"HS256", Algorithm::hs256},
    {"ES256", Algorithm::es256},
    {"ES384", Algorithm::es384},
    {"RS256", Algorithm::rs256},
    {"Ed25519", Algorithm::ed25519},  // RFC 9864
    {"EdDSA", Algorithm::ed25519},    // RFC 8037, its old name
}};

constexpr json::TextRule kid_rule{[](std::string_view kid) { return !kid.empty() && kid.size() <= 128; },
                                  "must be 1 to 128 bytes"};

void refuse_unknown_members(const json::Reader& in, const json::Value& header) {
  for (const auto& [name, value] : header.items()) {
    if (std::ranges::find(known_members, name) == known_members.end())
      in.complain("header", "has a member that is not known");
  }
}

Algorithm read_algorithm(const json::Reader& in) {
  const auto name = in.text("alg");
  const auto* found = std::ranges::find(algorithms, name, [](const auto& row) { return row.first; });
  if (found != algorithms.end()) return found->second;
  in.complain("alg", "must be HS256, ES256, ES384, RS256 or Ed25519");
  return Algorithm::hs256;
}

std::optional<crypto::Sha256Digest> read_thumbprint(const json::Reader& in) {
  if (!in.has("x5t#S256")) return std::nullopt;
  crypto::Sha256Digest digest{};
  const auto bytes = in.base64url("x5t#S256", digest.size());
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

}  // namespace

std::expected<JoseHeader, std::string> read_jose_header(crypto::ByteView header, std::string_view type) {
  const auto document = json::parse(crypto::as_text(header), json::message_bounds);
  if (!document) return std::unexpected("header: " + document.error());
  std::string fault;
  const json::Reader in(*document, fault);
  refuse_unknown_members(in, *document);
  if (in.text("typ") != type) in.complain("typ", "must be " + std::string(type));
  JoseHeader out{
      .algorithm = read_algorithm(in),
      .kid = in.optional_text("kid", kid_rule),
      .x5c = in.has("x5c") ? in.ders("x5c", 1, limits::chain_certificates) : std::vector<crypto::Bytes>(),
      .x5t_s256 = read_thumbprint(in)};
  if (in.has("x5c") && in.has("x5t#S256")) in.complain("x5c", "cannot be there together with x5t#S256");
  if (out.algorithm == Algorithm::hs256) {
    for (const auto* name : {"x5c", "x5t#S256"})
      if (in.has(name)) in.complain(name, "cannot be there with HS256");
  }
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return out;
}

}  // namespace latchkey::protocol
