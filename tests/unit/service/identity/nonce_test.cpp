#include "service/identity/nonce.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

using namespace latchkey;
using namespace latchkey::service::fixtures;
using service::Nonces;

TEST_CASE("a nonce is good for the device that it was made for", "[nonce]") {
  CHECK(nonces().valid(nonces().make(device(), now), device(), now));
}

TEST_CASE("a nonce fits into a request", "[nonce]") {
  auto with_nonce = request();
  with_nonce.nonce = nonces().make(device(), now);
  CHECK(signed_with(own_key, with_nonce).request.nonce == with_nonce.nonce);
}

TEST_CASE("a nonce is good on every replica and under no other key", "[nonce]") {
  const auto nonce = nonces().make(device(), now);
  CHECK(Nonces(master().derive("nonce v1")).valid(nonce, device(), now));
  CHECK_FALSE(Nonces(master().derive("nonce v2")).valid(nonce, device(), now));
}

TEST_CASE("a nonce of another device is refused", "[nonce]") {
  const auto nonce = nonces().make(device("12345"), now);
  for (const auto* other : {"12346", "1234", "123456", "2345"})
    CHECK_FALSE(nonces().valid(nonce, device(other), now));
}

TEST_CASE("a nonce is good for 120 seconds", "[nonce]") {
  const auto nonce = nonces().make(device(), now);
  CHECK(nonces().valid(nonce, device(), now + 120s));
  CHECK_FALSE(nonces().valid(nonce, device(), now + 121s));
  CHECK_FALSE(nonces().valid(nonce, device(), now + 24h * 365));
}

TEST_CASE("a nonce from the future is refused, but for a moment between two clocks", "[nonce]") {
  const auto nonce = nonces().make(device(), now);
  CHECK(nonces().valid(nonce, device(), now - 5s));
  CHECK_FALSE(nonces().valid(nonce, device(), now - 6s));
}

TEST_CASE("no two nonces are the same", "[nonce]") {
  CHECK(nonces().make(device(), now) != nonces().make(device(), now));
}

TEST_CASE("a nonce with any bit changed is refused", "[nonce]") {
  const auto good = crypto::base64url_decode(nonces().make(device(), now)).value();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    INFO("bit " << bit);
    CHECK_FALSE(nonces().valid(crypto::base64url_encode(bad), device(), now));
  }
}

TEST_CASE("a nonce cut short or made longer is refused", "[nonce]") {
  auto bytes = crypto::base64url_decode(nonces().make(device(), now)).value();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(nonces().valid(crypto::base64url_encode(crypto::ByteView(bytes).first(size)), device(), now));
  bytes.push_back(0);
  CHECK_FALSE(nonces().valid(crypto::base64url_encode(bytes), device(), now));
}

TEST_CASE("what is no nonce is refused", "[nonce]") {
  const auto zeros = std::string(54, 'A');
  for (const std::string& text : {std::string(), std::string("="), std::string("not base64url!"), zeros,
                                  crypto::base64url_encode(crypto::random_bytes(40)), std::string(128, '_'),
                                  nonces().make(device(), now) + "=", " " + nonces().make(device(), now)}) {
    INFO(text);
    CHECK_FALSE(nonces().valid(text, device(), now));
  }
}
