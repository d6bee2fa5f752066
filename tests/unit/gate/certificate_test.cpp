#include "gate/certificate.hpp"

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "unit/crypto/made_with_openssl.hpp"

namespace latchkey::gate {
namespace {

namespace made = crypto::made_with_openssl;
using crypto::Identity;

Identity make_ca(const char* name) {
  const crypto::Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return crypto::make_ca(name, {now - std::chrono::hours(1), now + std::chrono::hours(24)});
}

std::expected<DeviceCas, std::string> read(const std::vector<const Identity*>& cas) {
  const test::Folder folder;
  std::string text;
  for (const Identity* const ca : cas)
    text += ca->certificate.to_pem();
  return DeviceCas::read(folder.write("ca.pem", text));
}

std::vector<made::Extension> extensions(const char* usage = "clientAuth") {
  return {{NID_basic_constraints, "critical,CA:FALSE"}, {NID_ext_key_usage, usage}};
}

const made::Key key = made::ec_key("P-256");

TEST_CASE("A device's certificate says its id and its serial number", "[gate]") {
  const Identity ca = make_ca("devices");
  const auto cas = read({&ca});
  REQUIRE(cas);
  const auto leaf = cas->check(made::certificate(ca, key, extensions(), "12345").handle());
  REQUIRE(leaf);
  CHECK(leaf->name == "12345");
  CHECK(leaf->serial == "7");
}

TEST_CASE("Any of the CAs in the file signs devices' certificates", "[gate]") {
  const Identity one = make_ca("devices");
  const Identity other = make_ca("devices");
  const auto cas = read({&one, &other});
  REQUIRE(cas);
  CHECK(cas->check(made::certificate(one, key, extensions(), "12345").handle()));
  CHECK(cas->check(made::certificate(other, key, extensions(), "12345").handle()));
}

TEST_CASE("A certificate of another CA is none of a device, whatever the CA's name", "[gate]") {
  const Identity ca = make_ca("devices");
  const auto cas = read({&ca});
  for (const char* const name : {"devices", "factory"}) {
    const auto leaf = cas->check(made::certificate(make_ca(name), key, extensions(), "12345").handle());
    REQUIRE_FALSE(leaf);
    CHECK_FALSE(leaf.error().is_ours);
  }
}

TEST_CASE("A certificate of the device CA that is no device's is refused", "[gate]") {
  const Identity ca = make_ca("devices");
  const auto cas = read({&ca});
  const auto refused = [&](const crypto::Certificate& certificate) {
    const auto leaf = cas->check(certificate.handle());
    return !leaf && leaf.error().is_ours;
  };
  CHECK(refused(made::certificate(ca, key, extensions("serverAuth"), "12345")));
  CHECK(refused(made::certificate(ca, key, extensions("anyExtendedKeyUsage"), "12345")));
  CHECK(refused(made::certificate(ca, key, {}, "12345")));
  CHECK(refused(made::certificate(
      ca, key, {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_ext_key_usage, "clientAuth"}}, "12345")));
  CHECK(refused(made::certificate(ca, key, extensions(), "12345", -2 * 86400)));
  CHECK(refused(made::certificate(ca, key, extensions(), "12345", 7200)));
  for (const char* const name : {"@service", "a/b", "+", "#", "-a", "\xC3\xA4"})
    CHECK(refused(made::certificate(ca, key, extensions(), name)));
  CHECK(refused(ca.certificate));
}

TEST_CASE("A file without a CA in it is refused", "[gate]") {
  const test::Folder folder;
  const Identity ca = make_ca("devices");
  const std::string good = ca.certificate.to_pem();
  const std::string leaf = made::certificate(ca, key, extensions(), "12345").to_pem();
  const std::string cut = good.substr(0, good.size() / 2);
  std::string nine;
  for (int n = 0; n < 9; ++n)
    nine += good;
  for (const std::string& text :
       {std::string(), std::string("text"), leaf, good + leaf, cut, good + cut, nine})
    CHECK_FALSE(DeviceCas::read(folder.write("ca.pem", text)));
  CHECK_FALSE(DeviceCas::read((folder.path() / "missing").string()));
}

}  // namespace
}  // namespace latchkey::gate
