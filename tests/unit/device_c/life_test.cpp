#include "support/catch.hpp"

#ifdef LATCHKEY_HAS_PSA
#include "device/c/crypto/lk_psa.h"

#include <psa/crypto.h>
#endif
#include "unit/device_c/played_life.hpp"

#include <algorithm>

// The device in C between a memory, a broker and a service that the tests play: its whole life, and power
// cuts at every write of it.
namespace latchkey::small {
namespace {

using Kind = Proof::Kind;

const std::vector<std::pair<const char*, Proof>>& proofs() {
  static const std::vector<std::pair<const char*, Proof>> all{
      {"a key, for a certificate", {.kind = Kind::key}},
      {"a key, for a password under that key",
       {.kind = Kind::key, .wants_password = true, .has_encryption_key = false}},
      {"a private key, for a certificate", {.kind = Kind::private_key}},
      {"a private key, for a password", {.kind = Kind::private_key, .wants_password = true}},
      {"a factory certificate", {.kind = Kind::chain}},
      {"a token", {.kind = Kind::token}},
  };
  return all;
}

#ifdef LATCHKEY_HAS_PSA
TEST_CASE("the device in C lives its whole life with PSA Crypto", "[device_c]") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  for (const auto& [name, proof] : proofs()) {
    CAPTURE(name);
    PlayedLife life(proof, 8192, lk_psa);
    const bool lived = life.live();
    CAPTURE(life.trouble, life.events);
    CHECK(lived);
  }
}
#endif

TEST_CASE("the device in C lives its whole life with every proof", "[device_c]") {
  for (const auto& [name, proof] : proofs()) {
    for (const bool has_clock : {true, false}) {
      CAPTURE(name, has_clock);
      PlayedLife life(proof);
      life.has_clock = has_clock;
      const bool lived = life.live();
      INFO(life.trouble);
      CAPTURE(life.events);
      REQUIRE(lived);
      CHECK(life.applied == std::vector<std::string>{"{}", R"({"interval_s":5})", R"({"interval_s":6})"});
      CHECK(life.service.newest() == 2);
    }
  }
}

void cut_everywhere(const Proof& proof, Flash::Cut cut) {
  PlayedLife whole(proof);
  REQUIRE(whole.live());
  const int writes = whole.flash.writes();
  CHECK(writes >= 12);
  for (int at = 1; at <= writes; ++at) {
    PlayedLife life(proof);
    life.flash.cut_at(at, cut);
    const bool lived = life.live();
    CAPTURE(at, life.trouble, life.events);
    REQUIRE(lived);
    CHECK(life.restarts == 2);
    CHECK(life.service.newest() <= 3);  // a cut costs at most one more credential
  }
}

TEST_CASE("power may go before or after every single write of a life", "[device_c]") {
  for (const auto& [name, proof] : proofs()) {
    for (const auto cut : {Flash::Cut::before, Flash::Cut::after}) {
      CAPTURE(name, cut == Flash::Cut::before);
      cut_everywhere(proof, cut);
    }
  }
}

}  // namespace
}  // namespace latchkey::small
