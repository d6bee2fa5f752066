#include "service/config/certificate_ends.hpp"

#include "service/keys/pki.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr crypto::Time now{1790000000s};

struct Made {
  explicit Made(const service::PkiLifetimes& lifetimes) {
    REQUIRE(service::make_pki(folder.path(), {"broker.example"}, lifetimes, now));
    config.pki.device_ca_file = (folder.path() / "device-ca.pem").string();
    config.pki.signing_certificate_file = (folder.path() / "signing.pem").string();
  }
  test::Folder folder;
  service::Config config;
};

}  // namespace

TEST_CASE("the ends of the device CA, the signing certificate and the anchors are known", "[ends]") {
  Made made({});
  CHECK(service::certificate_ends(made.config).size() == 2);
  made.config.connection.ca_file = (made.folder.path() / "server-ca.pem").string();
  const auto ends = service::certificate_ends(made.config);
  REQUIRE(ends.size() == 3);
  CHECK(ends[0].role == "device_ca");
  CHECK(ends[0].certificate.common_name() == "Latchkey device CA");
  CHECK(ends[1].role == "signing");
  CHECK(ends[2].role == "anchor");
}

TEST_CASE("something is due half a year before a long life ends, and a third of a short one", "[ends]") {
  const Made made(
      {.ca = std::chrono::days(3653), .signing = std::chrono::days(90), .broker = std::chrono::days(1)});
  const auto ends = service::certificate_ends(made.config);
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].certificate.not_after() - ends[0].due == 24h * 180);
  CHECK(ends[1].certificate.not_after() - ends[1].due == 7779600s / 3);
}

TEST_CASE("certificates of the default lifetime are shortened in the device CA's last 90 days", "[ends]") {
  const Made made({});
  const auto ca = service::certificate_ends(made.config).front().certificate;
  CHECK(service::shortens_from(ca) == ca.not_after() - 24h * 90);
}

TEST_CASE("what cannot be read is left to those who complain about it", "[ends]") {
  Made made({});
  made.config.pki.device_ca_file = "/nonexistent";
  CHECK(service::certificate_ends(made.config).size() == 1);
}
