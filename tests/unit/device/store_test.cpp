#include "device/store.hpp"

#include "crypto/certificate_request.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace latchkey::device {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

/// A folder of its own for each test.
class Place {
 public:
  Place()
      : path_(fs::temp_directory_path() / ("latchkey-store-" + crypto::to_hex(crypto::random_bytes(8)))) {}
  ~Place() { fs::remove_all(path_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  /// As a device that has just been switched on.
  [[nodiscard]] Store open() const {
    auto store = Store::open(path_, "12345");
    REQUIRE(store.has_value());
    return *std::move(store);
  }

 private:
  fs::path path_;
};

OpenRequest new_request(std::string id) {
  return {.id = std::move(id), .key = crypto::PrivateKey::generate_p256()};
}

protocol::Connection connection_to(std::string host) {
  return {.host = std::move(host),
          .port = 8883,
          .tls = true,
          .client_id = "12345",
          .ca = {},
          .topics = "devices/12345"};
}

protocol::Acceptance acceptance_of(const crypto::PrivateKey& key, std::int64_t generation) {
  const auto now = crypto::Time(std::chrono::seconds(1'800'000'000));
  const crypto::Validity validity{now - hours(1), now + hours(1)};
  const crypto::Issuer issuer(crypto::make_ca("devices", validity));
  auto leaf = issuer.issue({.common_name = "12345",
                            .key = key.public_key(),
                            .serial = crypto::random_serial(),
                            .validity = validity});
  return {.generation = generation,
          .credential = protocol::CertificateCredential{.chain = {*leaf}, .renew_after = 1'900'000'000},
          .connection = connection_to("broker"),
          .config_version = 1,
          .config = {},
          .sealed = {}};
}

std::vector<std::int64_t> generations(const Store& store) {
  std::vector<std::int64_t> found;
  for (const auto& each : store.credentials())
    found.push_back(each.record.generation);
  return found;
}

unsigned mode_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

TEST_CASE("an open request survives a power cut with its key, readable by the owner alone") {
  const Place place;
  const auto request = new_request("request-0123456789");
  REQUIRE(place.open().keep_request(request).has_value());
  const auto found = place.open().open_request();
  REQUIRE(found.has_value());
  CHECK(found->id == request.id);
  CHECK(found->key.public_key().fingerprint() == request.key.public_key().fingerprint());
  CHECK(mode_of(place.path()) == 0700);
  CHECK(mode_of(place.path() / "request-key.pem") == 0600);
  CHECK(mode_of(place.path() / "request.json") == 0600);
}

TEST_CASE("a request that was half written is no request") {
  const Place place;
  REQUIRE(place.open().keep_request(new_request("request-0123456789")).has_value());
  fs::remove(place.path() / "request.json");  // power went before the last write
  CHECK_FALSE(place.open().open_request().has_value());
}

TEST_CASE("a credential is stored beside the one in use") {
  const Place place;
  const auto store = place.open();
  for (const std::int64_t generation : {1, 2}) {
    const auto request = new_request("request-000000000" + std::to_string(generation));
    REQUIRE(store.keep_request(request).has_value());
    REQUIRE(store.keep_credential(request, acceptance_of(request.key, generation)).has_value());
  }
  CHECK(generations(store) == std::vector<std::int64_t>{2, 1});
  CHECK(store.open_request().has_value());
  CHECK(mode_of(place.path() / "credential-2" / "key.pem") == 0600);
}

TEST_CASE("once a credential has worked the older one and the request go") {
  const Place place;
  const auto store = place.open();
  for (const std::int64_t generation : {1, 2}) {
    const auto request = new_request("request-000000000" + std::to_string(generation));
    REQUIRE(store.keep_request(request).has_value());
    REQUIRE(store.keep_credential(request, acceptance_of(request.key, generation)).has_value());
  }
  REQUIRE(store.settle(2, connection_to("broker")).has_value());
  CHECK(generations(store) == std::vector<std::int64_t>{2});
  CHECK_FALSE(store.open_request().has_value());
  CHECK_FALSE(fs::exists(place.path() / "request-key.pem"));
  CHECK_FALSE(fs::exists(place.path() / "credential-1"));
}

TEST_CASE("a credential that was half written does not count") {
  const Place place;
  const auto request = new_request("request-0123456789");
  for (const auto* missing : {"connection.json", "certificate.pem", "key.pem"}) {
    const auto store = place.open();
    REQUIRE(store.keep_credential(request, acceptance_of(request.key, 1)).has_value());
    fs::remove(place.path() / "credential-1" / missing);
    CHECK(generations(store).empty());
  }
}

TEST_CASE("a certificate for another key is refused") {
  const Place place;
  const auto other = crypto::PrivateKey::generate_p256();
  const auto store = place.open();
  CHECK_FALSE(store.keep_credential(new_request("request-0123456789"), acceptance_of(other, 1)).has_value());
  CHECK(generations(store).empty());
}

TEST_CASE("a new connection is tried first, and the old one kept until the new one has worked") {
  const Place place;
  const auto request = new_request("request-0123456789");
  const auto store = place.open();
  REQUIRE(store.keep_credential(request, acceptance_of(request.key, 1)).has_value());
  REQUIRE(store.keep_connection(1, connection_to("elsewhere")).has_value());
  const auto hosts = [&] {
    std::vector<std::string> found;
    const auto credentials = store.credentials();
    for (const auto& connection : credentials.at(0).record.connections)
      found.push_back(connection.host);
    return found;
  };
  CHECK(hosts() == std::vector<std::string>{"elsewhere", "broker"});
  REQUIRE(store.settle(1, connection_to("broker")).has_value());  // the new one did not work this time
  CHECK(hosts() == std::vector<std::string>{"elsewhere", "broker"});
  REQUIRE(store.settle(1, connection_to("elsewhere")).has_value());
  CHECK(hosts() == std::vector<std::string>{"elsewhere"});
}

TEST_CASE("the greatest server time is remembered") {
  const Place place;
  CHECK_FALSE(place.open().server_time().has_value());
  REQUIRE(place.open().keep_server_time(50).has_value());
  REQUIRE(place.open().keep_server_time(40).has_value());
  CHECK(place.open().server_time() == 50);
}

TEST_CASE("the applied configuration is remembered with its version") {
  const Place place;
  REQUIRE(place.open().keep_config({.version = 3, .config = R"({"interval_s":30})"}).has_value());
  const auto config = place.open().config();
  REQUIRE(config.has_value());
  CHECK(config->version == 3);
  CHECK(config->config == R"({"interval_s":30})");
}

TEST_CASE("files that do not read are as good as none") {
  const Place place;
  REQUIRE(place.open().keep_request(new_request("request-0123456789")).has_value());
  for (const auto* name : {"request.json", "config.json", "clock.json"})
    std::ofstream(place.path() / name) << R"({"request_id":5)";
  const auto store = place.open();
  CHECK_FALSE(store.open_request().has_value());
  CHECK_FALSE(store.config().has_value());
  CHECK_FALSE(store.server_time().has_value());
}

TEST_CASE("the folder of another device is refused") {
  const Place place;
  REQUIRE(place.open().keep_request(new_request("request-0123456789")).has_value());
  const auto other = Store::open(place.path(), "12346");
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().find("12345") != std::string::npos);
}

TEST_CASE("a folder serves one process at a time") {
  const Place place;
  const auto first = place.open();
  CHECK_FALSE(Store::open(place.path(), "12345").has_value());
}

TEST_CASE("what an interrupted write left behind is cleared away") {
  const Place place;
  (void)place.open();
  const auto leftover = place.path() / ".request-key.pem.0011223344556677";
  std::ofstream(leftover) << "half a private key";
  (void)place.open();
  CHECK_FALSE(fs::exists(leftover));
}

}  // namespace
}  // namespace latchkey::device
