#include "crypto/agreement.hpp"

#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"
#include "crypto/signature.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::crypto {
namespace {

std::array<std::uint8_t, 4> big_endian(std::size_t number) {
  return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

// RFC 7518, 4.6.2: AlgorithmID, PartyUInfo and PartyVInfo are prefixed with their length.
Bytes other_info(const KeyUse& use, std::size_t size) {
  Bytes info;
  for (const ByteView part : {as_bytes(use.algorithm), use.party_u, use.party_v}) {
    std::ranges::copy(big_endian(part.size()), std::back_inserter(info));
    std::ranges::copy(part, std::back_inserter(info));
  }
  std::ranges::copy(big_endian(size * 8), std::back_inserter(info));  // SuppPubInfo: the key's bits
  return info;
}

}  // namespace

Result<Secret> agree(const PrivateKey& own, const PublicKey& peer) {
  if (family_of(own.algorithm()) != KeyFamily::ec || own.algorithm() != peer.algorithm()) {
    return fail(Fault::refused, "the keys are not of one curve");
  }
  const auto context =
      openssl::made<openssl::PkeyContext>(EVP_PKEY_CTX_new_from_pkey(nullptr, own.handle(), nullptr));
  std::size_t size = 0;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.handle(), 0) != 1 ||  // 0: checked when it was read
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return openssl::failed(Fault::internal, "key agreement cannot start");
  }
  Secret shared(size);
  if (EVP_PKEY_derive(context.get(), shared.writable().data(), &size) != 1 || size != shared.size()) {
    return openssl::failed(Fault::internal, "key agreement failed");
  }
  return shared;
}

Secret concat_kdf(ByteView shared, const KeyUse& use, std::size_t size) {
  if (size > sizeof(Sha256Digest)) die("one round of the Concat KDF gives 32 bytes");
  const Bytes info = other_info(use, size);
  Secret input(4 + shared.size() + info.size());
  auto end = std::ranges::copy(big_endian(1), input.writable().begin()).out;  // the round's number
  end = std::ranges::copy(shared, end).out;
  std::ranges::copy(info, end);
  Sha256Digest digest = sha256(input.view());
  Secret key(ByteView(digest).first(size));
  OPENSSL_cleanse(digest.data(), digest.size());
  return key;
}

}  // namespace latchkey::crypto
