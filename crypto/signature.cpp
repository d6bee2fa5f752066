#include "crypto/signature.hpp"

#include "crypto/der.hpp"
#include "crypto/openssl.hpp"

#include <openssl/obj_mac.h>

#include <algorithm>

namespace latchkey::crypto {
namespace {

using openssl::failed;

template <std::size_t octets>
constexpr std::array<std::uint8_t, octets + 4> parameterless(const std::array<std::uint8_t, octets>& oid) {
  std::array<std::uint8_t, octets + 4> identifier{0x30, octets + 2, 0x06, octets};
  std::copy(oid.begin(), oid.end(), identifier.begin() + 4);
  return identifier;
}

// RFC 8017, A.2.4: the parameters of an RSA signature are NULL.
constexpr std::array<std::uint8_t, 15> rsa_with(std::uint8_t last) {
  return {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00};
}

constexpr std::array<std::uint8_t, 12> ecdsa_with(std::uint8_t last) {
  return parameterless<8>({0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last});
}

constexpr auto ecdsa_sha256 = ecdsa_with(2);
constexpr auto ecdsa_sha384 = ecdsa_with(3);
constexpr auto ecdsa_sha512 = ecdsa_with(4);
constexpr auto ed25519 = parameterless<3>({0x2b, 0x65, 0x70});
constexpr auto rsa_sha256 = rsa_with(11);
constexpr auto rsa_sha384 = rsa_with(12);
constexpr auto rsa_sha512 = rsa_with(13);

constexpr std::array<SignatureAlgorithm, 7> accepted{{
    {KeyFamily::ec, Hash::sha256, NID_ecdsa_with_SHA256, ecdsa_sha256},
    {KeyFamily::ec, Hash::sha384, NID_ecdsa_with_SHA384, ecdsa_sha384},
    {KeyFamily::rsa, Hash::sha256, NID_sha256WithRSAEncryption, rsa_sha256},
    {KeyFamily::ed25519, Hash::none, NID_ED25519, ed25519},
    {KeyFamily::ec, Hash::sha512, NID_ecdsa_with_SHA512, ecdsa_sha512},
    {KeyFamily::rsa, Hash::sha384, NID_sha384WithRSAEncryption, rsa_sha384},
    {KeyFamily::rsa, Hash::sha512, NID_sha512WithRSAEncryption, rsa_sha512},
}};

// Orders of the curves, SEC 2, 2.4.2 and 2.5.1.
constexpr std::array<std::uint8_t, 32> p256_order{
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
constexpr std::array<std::uint8_t, 48> p384_order{
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

ByteView order_of(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::es256 ? ByteView(p256_order) : ByteView(p384_order);
}

const EVP_MD* digest_of(Hash hash) {
  switch (hash) {
    case Hash::none:
      return nullptr;
    case Hash::sha256:
      return openssl::sha256_algorithm();
    case Hash::sha384:
      return openssl::sha384_algorithm();
    case Hash::sha512:
      return openssl::sha512_algorithm();
  }
  die("no such hash");
}

bool in_range(ByteView number, ByteView order) {
  const bool zero = std::ranges::all_of(number, [](std::uint8_t octet) { return octet == 0; });
  return !zero && std::ranges::lexicographical_compare(number, order);
}

}  // namespace

const SignatureAlgorithm* find_signature_algorithm(ByteView identifier) noexcept {
  const auto found = std::ranges::find_if(accepted, [&](const SignatureAlgorithm& each) {
    return std::ranges::equal(each.identifier, identifier);
  });
  return found == accepted.end() ? nullptr : &*found;
}

const SignatureAlgorithm* find_signature_algorithm(int nid) noexcept {
  const auto found = std::ranges::find(accepted, nid, &SignatureAlgorithm::nid);
  return found == accepted.end() ? nullptr : &*found;
}

bool has_wrong_parameters(ByteView identifier) noexcept {
  const auto name_in = [](ByteView algorithm) {
    der::Reader fields(der::only(der::Tag::sequence, algorithm).value_or(ByteView()));
    const auto name = fields.take(der::Tag::object_identifier);
    return name ? name->content : ByteView();
  };
  const ByteView name = name_in(identifier);
  return find_signature_algorithm(identifier) == nullptr &&
         std::ranges::any_of(accepted, [&](const SignatureAlgorithm& each) {
           return std::ranges::equal(name_in(each.identifier), name);
         });
}

const SignatureAlgorithm& signature_algorithm_of(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::es256:
      return accepted[0];
    case Algorithm::es384:
      return accepted[1];
    case Algorithm::rs256:
      return accepted[2];
    case Algorithm::ed25519:
      return accepted[3];
    case Algorithm::hs256:
      break;
  }
  die("a MAC is no public key algorithm");
}

KeyFamily family_of(Algorithm algorithm) noexcept {
  return signature_algorithm_of(algorithm).family;
}

Result<void> verify_x509(EVP_PKEY* key, Hash hash, ByteView message, ByteView signature) {
  const auto context = openssl::made<openssl::DigestContext>(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest_of(hash), nullptr, key) != 1) {
    return failed(Fault::internal, "signature verification cannot start");
  }
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) !=
      1) {
    return failed(Fault::bad_signature, "signature does not verify");
  }
  return {};
}

Result<Bytes> sign_x509(EVP_PKEY* key, Hash hash, ByteView message) {
  const auto context = openssl::made<openssl::DigestContext>(EVP_MD_CTX_new());
  Bytes signature(static_cast<std::size_t>(std::max(EVP_PKEY_get_size(key), 0)));
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, digest_of(hash), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return failed(Fault::internal, "signing failed");
  }
  signature.resize(size);
  return signature;
}

Result<Bytes> ecdsa_to_x509(Algorithm algorithm, ByteView concatenated) {
  const ByteView order = order_of(algorithm);
  if (concatenated.size() != 2 * order.size()) {
    return fail(Fault::bad_signature, "ECDSA signature of " + std::to_string(concatenated.size()) + " bytes");
  }
  const ByteView r = concatenated.first(order.size());
  const ByteView s = concatenated.last(order.size());
  if (!in_range(r, order) || !in_range(s, order)) {
    return fail(Fault::bad_signature, "ECDSA signature out of range");
  }
  return der::sequence({der::unsigned_integer(r), der::unsigned_integer(s)});
}

Bytes ecdsa_to_jws(Algorithm algorithm, ByteView der) {
  const std::size_t width = order_of(algorithm).size();
  der::Reader numbers(der::only(der::Tag::sequence, der).value_or(ByteView()));
  const std::optional<ByteView> r = numbers.take_unsigned();
  const std::optional<ByteView> s = numbers.take_unsigned();
  if (!r || !s || r->size() > width || s->size() > width) die("OpenSSL made a strange ECDSA signature");
  Bytes concatenated(2 * width);
  std::ranges::copy(*r, concatenated.end() - static_cast<std::ptrdiff_t>(width + r->size()));
  std::ranges::copy(*s, concatenated.end() - static_cast<std::ptrdiff_t>(s->size()));
  return concatenated;
}

Result<Bytes> sign_structure(ByteView part, const PrivateKey& key) {
  const SignatureAlgorithm& algorithm = signature_algorithm_of(key.algorithm());
  const Result<Bytes> signature = sign_x509(key.handle(), algorithm.hash, part);
  if (!signature) return signature;
  return der::sequence({part, algorithm.identifier, der::bit_string(*signature)});
}

}  // namespace latchkey::crypto
