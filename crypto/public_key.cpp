#include "crypto/public_key.hpp"

#include "crypto/der.hpp"
#include "crypto/openssl.hpp"

#include <openssl/core_names.h>

#include <algorithm>
#include <bit>

namespace latchkey::crypto {
namespace {

using openssl::failed;

// AlgorithmIdentifiers of keys: RFC 5480, 2.1.1 (named curves only); RFC 8410, 3; RFC 3279, 2.3.1.
constexpr std::array<std::uint8_t, 21> p256_key{0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
                                                0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 18> p384_key{0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                                0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr std::array<std::uint8_t, 7> ed25519_key{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 15> rsa_key{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                               0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

struct Spki {
  ByteView algorithm;
  ByteView key;
};

std::optional<Spki> split(ByteView der) {
  const std::optional<ByteView> content = der::only(der::Tag::sequence, der);
  if (!content) return std::nullopt;
  der::Reader fields(*content);
  const auto algorithm = fields.take(der::Tag::sequence);
  const auto key = fields.take_bits();
  if (!algorithm || !key || !fields.done()) return std::nullopt;
  return Spki{algorithm->whole, *key};
}

std::shared_ptr<EVP_PKEY> share(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

EVP_PKEY* make_curve(std::string name) {
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0),
                         OSSL_PARAM_construct_end()};
  const openssl::PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* curve = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &curve, EVP_PKEY_KEY_PARAMETERS, params) != 1) {
    die("OpenSSL has no curve " + name);
  }
  return curve;
}

// RFC 5480, 2.2 allows compressed points too. Accept one form, or one key would have several fingerprints.
Result<ReadKey> read_point(EVP_PKEY* curve, Algorithm algorithm, std::size_t width, ByteView point) {
  if (point.size() == 1 + width && (point[0] == 0x02 || point[0] == 0x03))
    return fail(Fault::malformed, "not an uncompressed point of the curve's size: it is compressed");
  if (point.size() != 1 + 2 * width || point[0] != 0x04) {
    return fail(Fault::malformed, "not an uncompressed point of the curve's size");
  }
  const std::shared_ptr<EVP_PKEY> key = share(EVP_PKEY_dup(curve));
  if (!key) return failed(Fault::internal, "no key from a prepared curve");
  if (EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) != 1) {
    return failed(Fault::malformed, "the point is not on its curve");
  }
  return ReadKey{key, algorithm};
}

/// The point's y coordinate, without the sign of x in the last bit.
Bytes y_of(ByteView point) {
  Bytes y(point.begin(), point.end());
  y.back() &= 0x7f;
  return y;
}

// RFC 8032, 5.1.3: y must be below 2^255-19, or one key would have several fingerprints.
bool is_beyond_the_field(ByteView point) {
  const Bytes y = y_of(point);
  const auto middle = std::span(y).subspan(1, 30);
  return y.back() == 0x7f && std::ranges::all_of(middle, [](auto octet) { return octet == 0xff; }) &&
         y.front() >= 0xed;
}

// Points whose order divides 8. Anybody can forge a signature under them without a private key; under the
// identity, one for every message.
bool is_of_small_order(ByteView point) {
  static constexpr std::array<std::string_view, 5> all_of_them{
      "0100000000000000000000000000000000000000000000000000000000000000",   // 1
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",   // 2
      "0000000000000000000000000000000000000000000000000000000000000000",   // 4
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",   // 8
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"};  // 8
  return std::ranges::find(all_of_them, to_hex(y_of(point))) != all_of_them.end();
}

Result<ReadKey> read_ed25519(ByteView octets) {
  if (octets.size() != 32) return fail(Fault::malformed, "an Ed25519 key has 32 bytes");
  if (is_beyond_the_field(octets))
    return fail(Fault::malformed, "an Ed25519 key that is no number of its field");
  if (is_of_small_order(octets))
    return fail(Fault::weak_key, "an Ed25519 key of small order: anybody could sign for it");
  const std::shared_ptr<EVP_PKEY> key =
      share(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, octets.data(), octets.size()));
  if (!key) return failed(Fault::malformed, "not an Ed25519 key");
  return ReadKey{key, Algorithm::ed25519};
}

std::size_t bits_of(ByteView magnitude) {
  return magnitude.empty() ? 0
                           : magnitude.size() * 8 - static_cast<std::size_t>(std::countl_zero(magnitude[0]));
}

openssl::Number number_of(ByteView magnitude) {
  return openssl::made<openssl::Number>(
      BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr));
}

Result<ReadKey> make_rsa(ByteView modulus, ByteView exponent) {
  const openssl::Number n = number_of(modulus);
  const openssl::Number e = number_of(exponent);
  const auto builder = openssl::made<openssl::ParamsBuilder>(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return failed(Fault::internal, "no RSA parameters");
  }
  const auto params = openssl::made<openssl::Params>(OSSL_PARAM_BLD_to_param(builder.get()));
  const openssl::PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return failed(Fault::internal, "no RSA key from its numbers");
  }
  return ReadKey{share(key), Algorithm::rs256};
}

// The upper bound of the exponent is OpenSSL's for large keys: without it a verification could take as long
// as a private-key operation.
Result<ReadKey> read_rsa(ByteView der) {
  der::Reader numbers(der::only(der::Tag::sequence, der).value_or(ByteView()));
  const auto modulus = numbers.take_unsigned();
  const auto exponent = numbers.take_unsigned();
  if (!modulus || !exponent || !numbers.done()) return fail(Fault::malformed, "not an RSA key");
  const std::size_t size = bits_of(*modulus);
  if (size < 2048 || size > 4096) return fail(Fault::weak_key, "RSA of " + std::to_string(size) + " bits");
  const std::size_t exponent_size = bits_of(*exponent);
  if (exponent_size < 17 || exponent_size > 64) return fail(Fault::weak_key, "RSA exponent out of range");
  if ((modulus->back() & exponent->back() & 1) == 0)
    return fail(Fault::malformed, "not an RSA key: even number");
  return make_rsa(*modulus, *exponent);
}

}  // namespace

// To copy a prepared key and set its point takes 4 us, to build a key from parameters 16 us, to decode one
// 150 us (OpenSSL 3.0).
EVP_PKEY* prepared_curve(Algorithm algorithm) {
  static EVP_PKEY* const p256 = make_curve("P-256");
  static EVP_PKEY* const p384 = make_curve("P-384");
  return algorithm == Algorithm::es256 ? p256 : p384;
}

Result<ReadKey> read_spki(ByteView der) {
  const std::optional<Spki> spki = split(der);
  if (!spki) return fail(Fault::malformed, "not a SubjectPublicKeyInfo");
  const auto is = [&](ByteView algorithm) { return std::ranges::equal(spki->algorithm, algorithm); };
  if (is(p256_key)) return read_point(prepared_curve(Algorithm::es256), Algorithm::es256, 32, spki->key);
  if (is(p384_key)) return read_point(prepared_curve(Algorithm::es384), Algorithm::es384, 48, spki->key);
  if (is(ed25519_key)) return read_ed25519(spki->key);
  if (is(rsa_key)) return read_rsa(spki->key);
  return fail(Fault::weak_key,
              "keys of algorithm " +
                  to_hex(spki->algorithm.first(std::min(spki->algorithm.size(), std::size_t{32}))) +
                  " are not accepted");
}

ByteView key_algorithm_identifier(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::es256:
      return p256_key;
    case Algorithm::es384:
      return p384_key;
    case Algorithm::ed25519:
      return ed25519_key;
    case Algorithm::rs256:
      return rsa_key;
    case Algorithm::hs256:
      break;
  }
  die("a MAC is no public key algorithm");
}

ByteView subject_public_key(ByteView spki) {
  const std::optional<Spki> fields = split(spki);
  if (!fields) die("a key whose SubjectPublicKeyInfo cannot be read");
  return fields->key;
}

}  // namespace latchkey::crypto
