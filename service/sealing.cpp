#include "service/sealing.hpp"

#include "crypto/encoding.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

// One label for every use; a label is never used for anything else, in no later version either.
constexpr std::string_view sealing_label = "sealing at rest v1";
constexpr std::string_view key_id_label = "master key id v1";
constexpr std::string_view share_group_label = "share group v1";

constexpr std::uint8_t layout_version = 1;
constexpr std::size_t key_id_size = 8;
constexpr std::size_t header_size = 1 + key_id_size;
constexpr std::size_t share_group_bytes = 16;
constexpr std::size_t master_key_size = 32;

std::unexpected<crypto::Error> fail(crypto::Fault fault, std::string_view what) {
  return std::unexpected(crypto::Error{fault, std::string(what)});
}

/// Version and key id. It need not be authenticated: whichever bit of it changes, the key does not open.
crypto::Bytes header_of(const MasterKey& master) {
  crypto::Bytes header{layout_version};
  const crypto::Secret id = master.derive(key_id_label);
  const auto shown = id.view().first(key_id_size);
  header.insert(header.end(), shown.begin(), shown.end());
  return header;
}

}  // namespace

crypto::Result<MasterKey> load_master_key(const std::filesystem::path& file) {
  auto key = crypto::read_key_file(file, master_key_size, master_key_size);
  if (!key) return std::unexpected(key.error());
  return MasterKey(*std::move(key));
}

crypto::Secret MasterKey::derive(std::string_view label) const {
  return crypto::derive_key(key_.view(), label);
}

std::string MasterKey::share_group() const {
  const crypto::Secret name = derive(share_group_label);
  return "latchkey-" + crypto::base64url_encode(name.view().first(share_group_bytes));
}

crypto::Bytes MasterKey::seal(std::string_view purpose, crypto::ByteView key) const {
  crypto::Bytes sealed = header_of(*this);
  const crypto::Bytes body = crypto::aead_seal(derive(sealing_label).view(), crypto::as_bytes(purpose), key);
  sealed.insert(sealed.end(), body.begin(), body.end());
  return sealed;
}

crypto::Result<crypto::Secret> MasterKey::open(std::string_view purpose, crypto::ByteView sealed) const {
  using crypto::Fault;
  if (sealed.size() <= header_size) return fail(Fault::malformed, "a sealed key is cut short");
  if (sealed.front() != layout_version) return fail(Fault::malformed, "a sealed key has an unknown version");
  if (!std::ranges::equal(sealed.first(header_size), header_of(*this)))
    return fail(Fault::refused, "a key was sealed under another master key");
  return crypto::aead_open(derive(sealing_label).view(), crypto::as_bytes(purpose),
                           sealed.subspan(header_size));
}

}  // namespace latchkey::service
