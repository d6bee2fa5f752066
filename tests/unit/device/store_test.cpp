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
  return {.id = std::move(id),
          .renews = 0,
          .key = crypto::PrivateKey::generate_p256(),
          .encryption_key = crypto::PrivateKey::generate_p256()};
}

protocol::Connection connection_to(std::string host) {
  return {.host = std::move(host),
          .port = 8883,
          .tls = true,
          .client_id = "12345",
          .ca = {},
          .topics = "devices/12345",
          .publish = {},
          .subscribe = {}};
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
          .sealed = {},
          .sealed_without_config = {}};
}

/// What `accepted` named must live as long as the result.
NewCredential given(const protocol::Acceptance& accepted) {
  return {.accepted = accepted, .password = {}, .answered_by = AnsweredBy::service};
}

bool is_same(const std::optional<crypto::PrivateKey>& a, const std::optional<crypto::PrivateKey>& b) {
  return a && b && a->public_key().fingerprint() == b->public_key().fingerprint();
}

std::vector<std::int64_t> generations(const Store& store) {
  std::vector<std::int64_t> found;
  for (const auto& each : store.credentials())
    found.push_back(each.record.generation);
  return found;
}

void keep_two_generations(const Store& store) {
  for (const std::int64_t generation : {1, 2}) {
    const auto request = new_request("request-000000000" + std::to_string(generation));
    REQUIRE(store.keep_request(request).has_value());
    REQUIRE(store.keep_credential(request, given(acceptance_of(*request.key, generation))).has_value());
  }
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
  CHECK(is_same(found->key, request.key));
  CHECK(is_same(found->encryption_key, request.encryption_key));
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
  keep_two_generations(store);
  CHECK(generations(store) == std::vector<std::int64_t>{2, 1});
  CHECK(store.open_request().has_value());
  CHECK(mode_of(place.path() / "credential-2" / "key.pem") == 0600);
}

TEST_CASE("once a credential has worked its request goes, and the older one when it is confirmed") {
  const Place place;
  const auto store = place.open();
  keep_two_generations(store);
  REQUIRE(store.note_worked(2, connection_to("broker")).has_value());
  CHECK_FALSE(store.open_request().has_value());
  CHECK_FALSE(fs::exists(place.path() / "request-key.pem"));
  CHECK(generations(store) == std::vector<std::int64_t>{2, 1});
  REQUIRE(store.drop_older(2).has_value());
  CHECK(generations(store) == std::vector<std::int64_t>{2});
  CHECK_FALSE(fs::exists(place.path() / "credential-1"));
}

TEST_CASE("a credential that still works leaves a newer one and the request for it alone") {
  const Place place;
  const auto store = place.open();
  keep_two_generations(store);
  REQUIRE(store.note_worked(1, connection_to("broker")).has_value());
  REQUIRE(store.drop_older(1).has_value());
  CHECK(generations(store) == std::vector<std::int64_t>{2, 1});
  CHECK(store.open_request()->id == "request-0000000002");
}

TEST_CASE("a credential that was half written does not count") {
  const Place place;
  const auto request = new_request("request-0123456789");
  for (const auto* missing : {"connection.json", "certificate.pem", "key.pem", "encryption-key.pem"}) {
    const auto store = place.open();
    REQUIRE(store.keep_credential(request, given(acceptance_of(*request.key, 1))).has_value());
    fs::remove(place.path() / "credential-1" / missing);
    CHECK(generations(store).empty());
  }
}

TEST_CASE("only what the request asked for fits it") {
  const auto request = new_request("request-0123456789");
  const auto other = crypto::PrivateKey::generate_p256();
  const auto mine = acceptance_of(*request.key, 1);
  const auto not_mine = acceptance_of(other, 1);
  auto password = mine;
  password.credential = protocol::PasswordCredential{.username = "12345@1", .renew_after = {}};
  CHECK(fits_request(request, given(mine)));
  CHECK_FALSE(fits_request(request, given(not_mine)));
  CHECK_FALSE(fits_request(request, {password, crypto::Secret(std::string_view("secret"))}));
  auto broken = mine;
  broken.credential = protocol::CertificateCredential{.chain = {{0x30, 0x00}}, .renew_after = 0};
  CHECK_FALSE(fits_request(request, given(broken)));

  const OpenRequest for_password{.id = request.id, .renews = 0, .key = {}, .encryption_key = {}};
  CHECK(fits_request(for_password, {password, crypto::Secret(std::string_view("secret"))}));
  CHECK_FALSE(fits_request(for_password, given(password)));
  CHECK_FALSE(fits_request(for_password, given(mine)));
}

TEST_CASE("a password is kept as a secret file, and the key that opens later secrets beside it") {
  const Place place;
  OpenRequest request = new_request("request-0123456789");
  request.key.reset();
  auto accepted = acceptance_of(crypto::PrivateKey::generate_p256(), 1);
  accepted.credential = protocol::PasswordCredential{.username = "12345@1", .renew_after = 1'900'000'000};
  const auto kept = place.open().keep_credential(
      request, {accepted, crypto::Secret(std::string_view("correct horse")), AnsweredBy::device_key});
  REQUIRE(kept.has_value());
  const auto found = place.open().credentials();
  REQUIRE(found.size() == 1);
  CHECK(found[0].record.username == "12345@1");
  CHECK(found[0].record.renew_after == 1'900'000'000);
  CHECK(found[0].record.answered_by == AnsweredBy::device_key);
  CHECK(found[0].certificate() == nullptr);
  CHECK(is_same(found[0].encryption_key, request.encryption_key));
  const auto file = std::get<StoredPassword>(found[0].login).password_file;
  CHECK(crypto::read_line_file(file).value().text() == "correct horse");
  CHECK(mode_of(file) == 0600);
  CHECK(mode_of(place.path() / "credential-1" / "encryption-key.pem") == 0600);
  CHECK_FALSE(renewal_proof(found[0]).has_value());
}

TEST_CASE("a stored certificate proves a renewal") {
  const Place place;
  const auto store = place.open();
  const auto request = new_request("request-0123456789");
  REQUIRE(store.keep_credential(request, given(acceptance_of(*request.key, 1))).has_value());
  const auto credential = store.credentials().at(0);
  const auto proof = renewal_proof(credential);
  REQUIRE(proof.has_value());
  CHECK(proof->certificate == credential.certificate()->certificate.fingerprint());
  CHECK(is_same(proof->key, request.key));
}

TEST_CASE("a request whose key is lost is no request") {
  for (const auto* lost : {"request-key.pem", "request-encryption-key.pem"}) {
    const Place place;
    const auto store = place.open();
    REQUIRE(store.keep_request(new_request("request-0123456789")).has_value());
    fs::remove(place.path() / lost);
    CHECK_FALSE(store.open_request().has_value());
  }
}

TEST_CASE("a request for a password needs no key") {
  const Place place;
  OpenRequest request = new_request("request-0123456789");
  request.key.reset();
  REQUIRE(place.open().keep_request(request).has_value());
  const auto found = place.open().open_request();
  REQUIRE(found.has_value());
  CHECK_FALSE(found->key.has_value());
  CHECK(is_same(found->encryption_key, request.encryption_key));
}

TEST_CASE("a new connection is tried first, and the old one kept until the new one has worked") {
  const Place place;
  const auto request = new_request("request-0123456789");
  const auto store = place.open();
  REQUIRE(store.keep_credential(request, given(acceptance_of(*request.key, 1))).has_value());
  CHECK(store.keep_connection(1, connection_to("broker")) == false);
  CHECK(store.keep_connection(1, connection_to("elsewhere")) == true);
  CHECK(store.keep_connection(1, connection_to("elsewhere")) == false);
  const auto hosts = [&] {
    std::vector<std::string> found;
    const auto credentials = store.credentials();
    for (const auto& connection : credentials.at(0).record.connections)
      found.push_back(connection.host);
    return found;
  };
  CHECK(hosts() == std::vector<std::string>{"elsewhere", "broker"});
  REQUIRE(store.note_worked(1, connection_to("broker")).has_value());  // the new one did not work this time
  CHECK(hosts() == std::vector<std::string>{"elsewhere", "broker"});
  REQUIRE(store.note_worked(1, connection_to("elsewhere")).has_value());
  CHECK(hosts() == std::vector<std::string>{"elsewhere"});
}

TEST_CASE("rights that change replace those of the same connection, which is no new one") {
  const Place place;
  const auto request = new_request("request-0123456789");
  const auto store = place.open();
  REQUIRE(store.keep_credential(request, given(acceptance_of(*request.key, 1))).has_value());
  auto connection = connection_to("broker");
  connection.publish = {"plant/12345/telemetry/#"};
  connection.subscribe = {"plant/12345/commands/#", "plant/all"};
  CHECK(store.keep_connection(1, connection) == false);
  const auto stored = [&] { return store.credentials().at(0).record.connections; };
  REQUIRE(stored().size() == 1);
  CHECK(stored().front().publish == connection.publish);
  CHECK(stored().front().subscribe == connection.subscribe);
  CHECK(store.keep_connection(1, connection_to("broker")) == false);
  CHECK(stored().front().publish.empty());
}

TEST_CASE("the greatest server time is remembered") {
  const Place place;
  CHECK_FALSE(place.open().server_time().has_value());
  REQUIRE(place.open().keep_server_time(50).has_value());
  REQUIRE(place.open().keep_server_time(40).has_value());
  CHECK(place.open().server_time() == 50);
}

ConfigRecord received(std::int64_t version, std::string config) {
  return {.version = version, .config = std::move(config), .is_secret = true, .applied_version = 0};
}

TEST_CASE("a configuration is remembered, and whether it is applied") {
  const Place place;
  REQUIRE(place.open().keep_config(received(3, R"({"interval_s":30})")).has_value());
  const auto config = place.open().config();
  REQUIRE(config.has_value());
  CHECK(config->version == 3);
  CHECK(config->config == R"({"interval_s":30})");
  CHECK(config->is_secret);
  CHECK_FALSE(config->is_applied());
  REQUIRE(place.open().config_applied().has_value());
  CHECK(place.open().config()->is_applied());
}

TEST_CASE("a newer configuration does not forget which one is in force, and an older one changes nothing") {
  const Place place;
  const auto store = place.open();
  REQUIRE(store.keep_config(received(3, "{}")).has_value());
  REQUIRE(store.config_applied().has_value());
  REQUIRE(store.keep_config(received(5, R"({"a":5})")).has_value());
  REQUIRE(store.keep_config(received(4, R"({"a":4})")).has_value());
  CHECK(store.config()->version == 5);
  CHECK(store.config()->applied_version == 3);
  CHECK(store.config()->config == R"({"a":5})");
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
