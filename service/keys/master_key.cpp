#include "service/keys/master_key.hpp"

#include "crypto/encoding.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

// One label for each use. Never reuse a label for anything else, not even in a later version.
constexpr std::string_view sealing_label = "sealing at rest v1";
constexpr std::string_view sealing_iv_label = "sealing at rest iv v1";
constexpr std::string_view key_id_label = "master key id v1";
constexpr std::string_view share_group_label = "share group v1";

constexpr std::uint8_t layout_version = 1;
constexpr std::size_t header_size = 1 + std::tuple_size_v<MasterKeyId>;
constexpr std::size_t share_group_bytes = 16;
constexpr std::size_t master_key_size = 32;

std::unexpected<crypto::Error> fail(crypto::Fault fault, std::string_view what) {
  return std::unexpected(crypto::Error{fault, std::string(what)});
}

MasterKeyId id_of(const crypto::Secret& key) {
  const crypto::Secret derived = crypto::derive_key(key.view(), key_id_label);
  MasterKeyId id{};
  std::ranges::copy(derived.view().first(id.size()), id.begin());
  return id;
}

/// The id of the master key that sealed it. Not authenticated, which is safe: with a changed id nothing
/// opens.
MasterKeyId id_in(crypto::ByteView sealed) {
  MasterKeyId id{};
  std::ranges::copy(sealed.subspan(1, id.size()), id.begin());
  return id;
}

}  // namespace

crypto::Result<MasterKey> load_master_key(const std::filesystem::path& file,
                                          const std::filesystem::path& previous) {
  auto key = crypto::read_key_file(file, master_key_size, master_key_size);
  if (!key) return std::unexpected(key.error());
  if (previous.empty()) return MasterKey(*std::move(key));
  auto older = crypto::read_key_file(previous, master_key_size, master_key_size);
  if (!older) return std::unexpected(older.error());
  return MasterKey(*std::move(key), *std::move(older));
}

crypto::Secret MasterKey::derive(std::string_view label) const {
  return crypto::derive_key(current_.key.view(), label);
}

MasterKey::Part::Part(crypto::Secret made)
    : key(std::move(made)), sealing(crypto::derive_key(key.view(), sealing_label)), id(id_of(key)) {}

MasterKey::MasterKey(crypto::Secret key, crypto::Secret previous) : current_(std::move(key)) {
  if (!previous.empty()) previous_.emplace(std::move(previous));
}

const MasterKey::Part* MasterKey::with_id(const MasterKeyId& id) const noexcept {
  if (id == current_.id) return &current_;
  return previous_ && id == previous_->id ? &*previous_ : nullptr;
}

std::optional<crypto::Secret> MasterKey::derive_under(const MasterKeyId& id, std::string_view label) const {
  const Part* const part = with_id(id);
  if (part == nullptr) return std::nullopt;
  return crypto::derive_key(part->key.view(), label);
}

std::string MasterKey::share_group() const {
  const crypto::Secret name = derive(share_group_label);
  return "latchkey-" + crypto::base64url_encode(name.view().first(share_group_bytes));
}

/// A synthetic IV, derived from purpose and key (as in RFC 5297): sealing the same key for the same row gives
/// the same text, and different inputs never share an IV. NUL separates the two; a purpose contains none.
crypto::Bytes MasterKey::iv_for(std::string_view purpose, crypto::ByteView key) const {
  crypto::Secret all(purpose.size() + 1 + key.size());
  const auto rest = std::ranges::copy(crypto::as_bytes(purpose), all.writable().begin()).out;
  std::ranges::copy(key, rest + 1);
  const auto digest = crypto::hmac_sha256(derive(sealing_iv_label).view(), all.view());
  return {digest.begin(), digest.begin() + crypto::aead_iv_bytes};
}

crypto::Bytes MasterKey::seal(std::string_view purpose, crypto::ByteView key) const {
  const crypto::Bytes iv = iv_for(purpose, key);
  const auto text = crypto::aead_encrypt(current_.sealing.view(), iv, crypto::as_bytes(purpose), key);
  crypto::Bytes sealed{layout_version};
  sealed.insert(sealed.end(), current_.id.begin(), current_.id.end());
  sealed.insert(sealed.end(), iv.begin(), iv.end());
  sealed.insert(sealed.end(), text.ciphertext.begin(), text.ciphertext.end());
  sealed.insert(sealed.end(), text.tag.begin(), text.tag.end());
  return sealed;
}

crypto::Result<crypto::Secret> MasterKey::open(std::string_view purpose, crypto::ByteView sealed) const {
  using crypto::Fault;
  if (sealed.size() <= header_size) return fail(Fault::malformed, "a sealed key is cut short");
  if (sealed.front() != layout_version) return fail(Fault::malformed, "a sealed key has an unknown version");
  const Part* const part = with_id(id_in(sealed));
  if (part == nullptr) return fail(Fault::refused, "a key was sealed under another master key");
  return crypto::aead_open(part->sealing.view(), crypto::as_bytes(purpose), sealed.subspan(header_size));
}

}  // namespace latchkey::service
