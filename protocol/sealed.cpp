#include "protocol/sealed.hpp"

#include "crypto/agreement.hpp"
#include "crypto/jwe.hpp"
#include "protocol/json.hpp"
#include "protocol/jwk.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace latchkey::protocol {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::string_view encryption = "A256GCM";

/// RFC 7518, 4.6.2: for direct key agreement AlgorithmID is the value of `enc`.
crypto::Result<crypto::Secret> agreed_key(const crypto::PrivateKey& own, const crypto::PublicKey& peer) {
  const auto shared = crypto::agree(own, peer);
  if (!shared) return std::unexpected(shared.error());
  return crypto::concat_kdf(shared->view(), {.algorithm = encryption, .party_u = {}, .party_v = {}},
                            key_bytes);
}

void allow_only(const json::Reader& in, const json::Value& object,
                std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : object.items())
    if (std::ranges::find(names, name) == names.end())
      in.complain("header", "has a member that is not known");
}

void read_names(const json::Reader& in, std::string_view algorithm) {
  if (in.text("alg") != algorithm) in.complain("alg", "must be " + std::string(algorithm));
  if (in.text("enc") != encryption) in.complain("enc", "must be A256GCM");
}

std::optional<crypto::PublicKey> read_ephemeral_key(const json::Reader& in) {
  const auto* members = in.find("epk");
  if (members != nullptr && members->is_object()) allow_only(in, *members, {"kty", "crv", "x", "y"});
  const auto key = read_encryption_key(in.object("epk"));
  return key ? public_key_of(*key) : std::nullopt;
}

struct Parsed {
  crypto::CompactJwe jwe;
  json::Value header;
};

std::expected<Parsed, std::string> parse(std::string_view jwe) {
  if (jwe.size() > limits::answer_bytes) return std::unexpected("sealed: is larger than 8192 bytes");
  auto parts = crypto::parse_compact_jwe(jwe);
  if (!parts) return std::unexpected("sealed: " + parts.error().what);
  auto header = json::parse(crypto::as_text(parts->header), json::message_bounds);
  if (!header) return std::unexpected("header: " + header.error());
  return Parsed{*std::move(parts), *std::move(header)};
}

std::expected<crypto::Secret, std::string> decrypted(const crypto::CompactJwe& jwe, crypto::ByteView key) {
  auto plaintext = crypto::decrypt(jwe, key);
  if (!plaintext) return std::unexpected("sealed: " + plaintext.error().what);
  return *std::move(plaintext);
}

}  // namespace

Sealer::Sealer(const EncryptionKey& recipient) {
  const auto peer = public_key_of(recipient);
  if (!peer) std::terminate();
  const auto ephemeral = crypto::PrivateKey::generate(crypto::Algorithm::es256);
  auto key = agreed_key(ephemeral, *peer);
  if (!key) std::terminate();
  key_ = *std::move(key);
  header_ = json::write({{"alg", "ECDH-ES"}, {"enc", encryption}});
  json::append_member(header_, "epk", write_encryption_key(encryption_key_of(ephemeral.public_key())));
}

Sealer::Sealer(crypto::ByteView sealing_key)
    : header_(json::write({{"alg", "dir"}, {"enc", encryption}})), key_(sealing_key) {}

Sealer::Sealer(const SealingKey& key)
    : Sealer(std::holds_alternative<EncryptionKey>(key) ? Sealer(std::get<EncryptionKey>(key))
                                                        : Sealer(std::get<crypto::Secret>(key).view())) {}

std::string Sealer::seal(std::string_view plaintext) const {
  return crypto::encrypt(header_, plaintext, key_.view());
}

std::expected<crypto::Secret, std::string> open_sealed(std::string_view text, const crypto::PrivateKey& own) {
  const auto parsed = parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  std::string fault;
  const json::Reader in(parsed->header, fault);
  allow_only(in, parsed->header, {"alg", "enc", "epk"});
  read_names(in, "ECDH-ES");
  const auto ephemeral = read_ephemeral_key(in);
  if (!fault.empty() || !ephemeral) return std::unexpected(std::move(fault));
  const auto key = agreed_key(own, *ephemeral);
  if (!key) return std::unexpected("epk: " + key.error().what);
  return decrypted(parsed->jwe, key->view());
}

std::expected<crypto::Secret, std::string> open_sealed(std::string_view text,
                                                       const crypto::Secret& sealing_key) {
  const auto parsed = parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  std::string fault;
  const json::Reader in(parsed->header, fault);
  allow_only(in, parsed->header, {"alg", "enc"});
  read_names(in, "dir");
  if (!fault.empty()) return std::unexpected(std::move(fault));
  return decrypted(parsed->jwe, sealing_key.view());
}

}  // namespace latchkey::protocol
