#include "support/catch.hpp"
#include "support/repository.hpp"

#ifdef LATCHKEY_HAS_PSA
#include "device/c/crypto/lk_psa.h"

#include <psa/crypto.h>
#endif
#include "unit/device_c/played_life.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

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
      // Another broker and another anchor are versions of their own.
      const std::string five = R"({"interval_s":5})";
      CHECK(life.applied == std::vector<std::string>{"{}", five, five, five, R"({"interval_s":6})"});
      CHECK(life.service.newest() == 2);
    }
  }
}

/// The numbers of a row of docs/microcontrollers.md: the largest message sent, and received.
std::pair<std::size_t, std::size_t> told_sizes(const std::string& name) {
  std::ifstream file(test::repository_path("docs/microcontrollers.md"));
  std::pair<std::size_t, std::size_t> told{};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| " + name + " |")) continue;
    std::istringstream numbers(line.substr(name.size() + 4));
    char bar = 0;
    numbers >> told.first >> bar >> told.second;
  }
  return told;
}

TEST_CASE("the page about microcontrollers says how large the messages of a life are", "[device_c]") {
  for (const auto& [name, proof] : proofs()) {
    PlayedLife life(proof);
    REQUIRE(life.live_until_moved());
    const auto [sent, heard] = told_sizes(name);
    CAPTURE(name, life.largest_sent, life.largest_heard);
    // Signatures in DER differ by a few bytes.
    CHECK((life.largest_sent <= sent && sent < life.largest_sent + 100));
    CHECK((life.largest_heard <= heard && heard < life.largest_heard + 100));
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
