#include "crypto/der.hpp"
#include "crypto/fail.hpp"
#include "crypto/pem.hpp"
#include "crypto/public_key.hpp"

#include <algorithm>

// Other forms of a public key. All are converted to SubjectPublicKeyInfo.
namespace latchkey::crypto {
namespace {

constexpr std::array<std::uint8_t, 1> uncompressed{0x04};

/// The size of one coordinate; 0 if the algorithm has no curve.
std::size_t coordinate_bytes(Algorithm algorithm) {
  if (algorithm == Algorithm::es256) return 32;
  return algorithm == Algorithm::es384 ? 48 : 0;
}

Bytes copy_of(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

/// The octets of subjectPublicKey. Checks the sizes that `read_spki` cannot.
Result<Bytes> subject_public_key_of(Algorithm algorithm, const KeyNumbers& numbers) {
  const auto& [first, second] = numbers;
  switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::es384:
      if (first.size() != coordinate_bytes(algorithm) || second.size() != first.size()) {
        return fail(Fault::malformed, "a coordinate is not of the curve's size");
      }
      return der::concatenate({uncompressed, first, second});
    case Algorithm::ed25519:
      if (!second.empty()) return fail(Fault::malformed, "an Ed25519 key has one number");
      return first;
    case Algorithm::rs256:
      // RFC 7518, 2, Base64urlUInt: no leading zeros.
      if (first.empty() || second.empty() || first[0] == 0 || second[0] == 0) {
        return fail(Fault::malformed, "an RSA number is empty or begins with a zero");
      }
      if (first.size() > 512 || second.size() > 8) return fail(Fault::weak_key, "RSA number too long");
      return der::sequence({der::unsigned_integer(first), der::unsigned_integer(second)});
    case Algorithm::hs256:
      break;
  }
  return fail(Fault::weak_key, "a MAC has no public key");
}

}  // namespace

Result<PublicKey> PublicKey::from_numbers(Algorithm algorithm, const KeyNumbers& numbers) {
  const Result<Bytes> key = subject_public_key_of(algorithm, numbers);
  if (!key) return std::unexpected(key.error());
  return from_spki(der::sequence({key_algorithm_identifier(algorithm), der::bit_string(*key)}));
}

KeyNumbers PublicKey::numbers() const {
  const ByteView key = subject_public_key(spki_);
  if (const std::size_t width = coordinate_bytes(algorithm_); width != 0) {
    return {copy_of(key.subspan(1, width)), copy_of(key.last(width))};
  }
  if (algorithm_ == Algorithm::ed25519) return {copy_of(key), {}};
  der::Reader numbers(der::only(der::Tag::sequence, key).value_or(ByteView()));
  const ByteView modulus = numbers.take_unsigned().value_or(ByteView());
  const ByteView exponent = numbers.take_unsigned().value_or(ByteView());
  return {copy_of(modulus), copy_of(exponent)};
}

Result<PublicKey> PublicKey::from_pem(ByteView pem) {
  const Result<std::vector<PemBlock>> blocks = read_pem(pem);
  if (!blocks) return std::unexpected(blocks.error());
  const auto is_private = [](const PemBlock& block) { return block.label.ends_with("PRIVATE KEY"); };
  if (std::ranges::any_of(*blocks, is_private)) {
    return fail(Fault::refused, "this is a private key: it belongs to its device alone");
  }
  if (blocks->size() != 1 || blocks->front().label != "PUBLIC KEY") {
    return fail(Fault::malformed, "not one PEM block of type PUBLIC KEY");
  }
  return from_spki(blocks->front().der.view());
}

}  // namespace latchkey::crypto
