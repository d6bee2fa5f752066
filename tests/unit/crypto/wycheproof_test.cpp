#include "crypto/key.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/crypto/hex.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace latchkey::crypto {
namespace {

using Json = nlohmann::json;

/// The test groups of a file of the Wycheproof project below $LATCHKEY_CORPORA; empty (and said so) without
/// it.
Json groups_of(const std::string& name) {
  const char* const corpora = std::getenv("LATCHKEY_CORPORA");
  if (corpora == nullptr) {
    WARN("skipped: LATCHKEY_CORPORA is not set, so " << name << " was not run");
    return Json::array();
  }
  const std::filesystem::path path = std::filesystem::path(corpora) / "wycheproof" / name;
  std::ifstream file(path);
  INFO(path);
  REQUIRE(file);
  return Json::parse(file).at("testGroups");
}

Bytes hex_member(const Json& object, const char* name) {
  return from_hex(object.at(name).get<std::string>());
}

template <class Accepts>
void run(const std::string& name, Accepts accepts) {
  int count = 0;
  for (const Json& group : groups_of(name)) {
    for (const Json& each : group.at("tests")) {
      INFO(name << " case " << each.at("tcId") << ": " << each.at("comment"));
      CHECK(accepts(group, each) == (each.at("result") == "valid"));
      ++count;
    }
  }
  if (count > 0) std::cout << name << ": " << count << " cases\n";
}

bool signature_verifies(const Json& group, const Json& each) {
  const Result<PublicKey> key = PublicKey::from_spki(hex_member(group, "publicKeyDer"));
  return key && key->verify(hex_member(each, "msg"), hex_member(each, "sig"));
}

// Groups with shortened tags test the truncation, which is the caller's business here.
bool mac_verifies(const Json& group, const Json& each) {
  const Sha256Digest whole = hmac_sha256(hex_member(each, "key"), hex_member(each, "msg"));
  const std::size_t size = group.at("tagSize").get<std::size_t>() / 8;
  return equal_constant_time(ByteView(whole).first(size), hex_member(each, "tag"));
}

TEST_CASE("Wycheproof's ECDSA P-256 signatures are judged as it says", "[wycheproof]") {
  run("ecdsa_secp256r1_sha256_p1363_test.json", signature_verifies);
}

TEST_CASE("Wycheproof's ECDSA P-384 signatures are judged as it says", "[wycheproof]") {
  run("ecdsa_secp384r1_sha384_p1363_test.json", signature_verifies);
}

TEST_CASE("Wycheproof's HMAC-SHA256 tags are judged as it says", "[wycheproof]") {
  run("hmac_sha256_test.json", mac_verifies);
}

}  // namespace
}  // namespace latchkey::crypto
