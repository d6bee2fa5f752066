#include "service/identity/nonce.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/limits.hpp"

namespace latchkey::service {
namespace {

constexpr std::size_t time_bytes = 8;
constexpr std::size_t random_size = 16;
constexpr std::size_t mac_bytes = 16;
constexpr std::size_t signed_bytes = time_bytes + random_size;

crypto::Sha256Digest mac_of(crypto::ByteView key, crypto::ByteView head, const protocol::DeviceId& id) {
  crypto::Bytes input(head.begin(), head.end());
  const auto text = crypto::as_bytes(id.text());
  input.insert(input.end(), text.begin(), text.end());
  return crypto::hmac_sha256(key, input);
}

std::int64_t seconds_of(crypto::Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

std::string Nonces::make(const protocol::DeviceId& id, crypto::Time now) const {
  crypto::Bytes nonce(signed_bytes);
  const auto seconds = static_cast<std::uint64_t>(seconds_of(now));
  for (std::size_t i = 0; i < time_bytes; ++i)
    nonce[i] = static_cast<std::uint8_t>(seconds >> (56 - 8 * i));
  crypto::fill_random(std::span(nonce).subspan(time_bytes));
  const auto mac = mac_of(key_.view(), nonce, id);
  nonce.insert(nonce.end(), mac.begin(), mac.begin() + mac_bytes);
  return crypto::base64url_encode(nonce);
}

bool Nonces::valid(std::string_view nonce, const protocol::DeviceId& id, crypto::Time now) const {
  const auto bytes = crypto::base64url_decode(nonce);
  if (!bytes || bytes->size() != signed_bytes + mac_bytes) return false;
  const auto head = crypto::ByteView(*bytes).first(signed_bytes);
  const auto mac = mac_of(key_.view(), head, id);
  if (!crypto::equal_constant_time(crypto::ByteView(*bytes).subspan(signed_bytes),
                                   crypto::ByteView(mac).first(mac_bytes)))
    return false;
  std::uint64_t made = 0;
  for (const std::uint8_t byte : head.first(time_bytes))
    made = made << 8U | byte;
  const std::int64_t age = seconds_of(now) - static_cast<std::int64_t>(made);
  // Allow a nonce from slightly in the future: another replica may read a slightly different time.
  return age >= -5 && age <= protocol::limits::nonce_life.count();
}

}  // namespace latchkey::service
