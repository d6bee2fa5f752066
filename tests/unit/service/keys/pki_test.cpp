#include "crypto/secret.hpp"
#include "protocol/answer.hpp"
#include "protocol/limits.hpp"
#include "service/config/pki_files.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

#include <algorithm>

using namespace latchkey;
using crypto::Certificate;
using crypto::Identity;
using service::check_pki;
using service::PkiCertificates;

namespace {

constexpr crypto::Time now{std::chrono::seconds(1790000000)};
constexpr crypto::Validity today{now - std::chrono::hours(1), now + std::chrono::hours(24)};

bool mentions(const service::Complaints& complaints, std::string_view text) {
  return std::ranges::any_of(complaints, [&](const std::string& line) { return line.contains(text); });
}

struct Made {
  Identity device_ca = crypto::make_ca("devices", today);
  Identity server_ca = crypto::make_ca("servers", today);
  Identity signing = crypto::make_signing_identity(server_ca, "answers", today);
  [[nodiscard]] PkiCertificates certificates() const {
    return {{device_ca.certificate}, {signing.certificate}, {server_ca.certificate}};
  }
};

service::Config config_of(const std::filesystem::path& folder) {
  service::Config config;
  config.pki = {(folder / "device-ca.pem").string(), (folder / "device-ca-key.pem").string(),
                (folder / "signing.pem").string(), (folder / "signing-key.pem").string()};
  config.connection.ca_file = (folder / "server-ca.pem").string();
  return config;
}

std::string text_of(const std::filesystem::path& file) {
  const auto content = crypto::read_secret_file(file);
  REQUIRE(content);
  return std::string(content->text());
}

unsigned mode_of(const std::filesystem::path& file) {
  return static_cast<unsigned>(std::filesystem::status(file).permissions());
}

}  // namespace

TEST_CASE("two CAs that have nothing to do with one another are accepted", "[pki]") {
  CHECK(check_pki(Made().certificates(), now).empty());
}

TEST_CASE("a device CA that is a service anchor is refused", "[pki]") {
  const Made made;
  auto certificates = made.certificates();
  certificates.device_ca = {made.server_ca.certificate};
  const auto complaints = check_pki(certificates, now);
  CHECK(mentions(complaints, "is the same as \"servers\" of connection.ca_file"));
}

TEST_CASE("a device CA that issued the signing certificate is refused, anchors sent or not", "[pki]") {
  const Made made;
  const auto signing = crypto::make_signing_identity(made.device_ca, "answers", today);
  const auto complaints = check_pki({{made.device_ca.certificate}, {signing.certificate}, {}}, now);
  CHECK(mentions(complaints, "issued \"answers\""));
}

TEST_CASE("a device CA below a root that is a service anchor is refused", "[pki]") {
  // make_ca makes roots only; what issued_by sees of an intermediate CA is the same as of any certificate.
  const Made made;
  const auto below = crypto::make_server_identity(made.server_ca, {"devices"}, today);
  auto certificates = made.certificates();
  certificates.device_ca = {below.certificate};
  CHECK(mentions(check_pki(certificates, now), "\"devices\" is issued by \"servers\""));
}

TEST_CASE("a device CA and a signing certificate with one unknown issuer are refused", "[pki]") {
  const Made made;
  const auto below = crypto::make_server_identity(made.server_ca, {"devices"}, today);
  const auto complaints = check_pki({{below.certificate}, {made.signing.certificate}, {}}, now);
  CHECK(mentions(complaints, "has the same issuer as \"answers\""));
}

TEST_CASE("CAs above the device CA are looked at as well", "[pki]") {
  const Made made;
  auto certificates = made.certificates();
  certificates.device_ca.push_back(made.server_ca.certificate);
  CHECK_FALSE(check_pki(certificates, now).empty());
}

TEST_CASE("a signing certificate of another kind is refused", "[pki]") {
  const Made made;
  auto certificates = made.certificates();
  certificates.signing = {crypto::make_server_identity(made.server_ca, {"host"}, today).certificate};
  CHECK(mentions(check_pki(certificates, now), "cannot sign answers"));
}

TEST_CASE("anchors that did not issue the signing certificate are refused", "[pki]") {
  const Made made;
  auto certificates = made.certificates();
  certificates.anchors = {crypto::make_ca("others", today).certificate};
  CHECK(mentions(check_pki(certificates, now), "none of its certificates issued \"answers\""));
}

TEST_CASE("anchors that do not fit into an answer are refused", "[pki]") {
  auto certificates = Made().certificates();
  for (int i = 0; i < 6; ++i)
    certificates.anchors.push_back(crypto::make_ca("more" + std::to_string(i), today).certificate);
  CHECK(mentions(check_pki(certificates, now), "do not fit into an answer"));
}

TEST_CASE("an answer with as many bytes of certificates as are let through has room for a device's",
          "[pki]") {
  const Made made;
  auto certificates = made.certificates();
  std::vector<std::string> hosts{"host0.of.a.certificate.that.is.somewhat.large.example"};
  // Above the device CA, and no root; all but what is let through.
  const auto with_one_above = [&] {
    const auto root = crypto::make_ca("root of devices", today);
    certificates.device_ca = {made.device_ca.certificate,
                              crypto::make_server_identity(root, hosts, today).certificate};
    return check_pki(certificates, now);
  };
  // The length of a signature varies: what was let through is kept as it is.
  auto complaints = with_one_above();
  std::vector<Certificate> let_through;
  while (complaints.empty()) {
    let_through = certificates.device_ca;
    hosts.push_back("host" + std::to_string(hosts.size()) +
                    ".of.a.certificate.that.is.somewhat.large.example");
    complaints = with_one_above();
  }
  CHECK(mentions(complaints, "do not fit into one answer, at most 3700"));
  certificates.device_ca = let_through;

  const auto key = crypto::PrivateKey::generate_p256();
  const auto bytes = [](const Certificate& of) { return crypto::Bytes(of.der().begin(), of.der().end()); };
  protocol::Answer answer;
  answer.request_id = std::string(22, 'r');
  answer.device_id = "12345";
  answer.status = protocol::Status::accepted;
  answer.tracking_id = std::string(36, 't');
  answer.server_time = 1790000000;
  answer.acceptance = {.generation = 1,
                       .credential =
                           protocol::CertificateCredential{
                               {crypto::Issuer(crypto::make_ca("devices", today))
                                    .issue({"12345", key.public_key(), crypto::random_serial(), today})
                                    .value(),
                                bytes(certificates.device_ca[1])},
                               1790000000},
                       .connection = {.host = "broker.example",
                                      .client_id = "12345",
                                      .ca = {bytes(made.server_ca.certificate)},
                                      .topics = "devices/12345",
                                      .publish = {},
                                      .subscribe = {}},
                       .config_version = 1,
                       .config = {},
                       .sealed = {},
                       .sealed_without_config = {}};
  const auto size = protocol::encode_signed_answer(answer, &made.signing).size();
  CAPTURE(size);
  CHECK(size <= protocol::limits::answer_bytes);
  CHECK(size > protocol::limits::answer_bytes - 400);  // the bound is no lower than it has to be
}

TEST_CASE("expired certificates and those of the future are refused", "[pki]") {
  const auto certificates = Made().certificates();
  const auto late = check_pki(certificates, now + std::chrono::hours(48));
  CHECK(mentions(late, "pki.device_ca_file: \"devices\" has expired"));
  CHECK(mentions(late, "pki.signing_certificate_file: \"answers\" has expired"));
  CHECK(mentions(late, "connection.ca_file: \"servers\" has expired"));
  CHECK(mentions(check_pki(certificates, now - std::chrono::hours(48)), "is not valid yet"));
}

TEST_CASE("a device CA that is no CA is refused", "[pki]") {
  const Made made;
  auto certificates = made.certificates();
  certificates.device_ca = {crypto::make_server_identity(made.device_ca, {"host"}, today).certificate};
  CHECK(mentions(check_pki(certificates, now), "is not a CA"));
}

TEST_CASE("a CA of its own is a group's CA, and its devices are not the service's", "[pki]") {
  const Made made;
  const std::vector<Certificate> own{made.device_ca.certificate, made.signing.certificate,
                                     made.server_ca.certificate};
  const Identity factory = crypto::make_ca("factory", today);
  CHECK_FALSE(service::why_not_a_group_ca(factory.certificate, own));
  CHECK_FALSE(
      service::is_of_the_service(crypto::make_server_identity(factory, {"a"}, today).certificate, own));
  // A name alone proves nothing.
  CHECK_FALSE(service::why_not_a_group_ca(crypto::make_ca("devices", today).certificate, own));
}

TEST_CASE("a group CA that is, issued or is issued by the service's own is refused", "[pki]") {
  const Made made;
  const auto refused = [&](const Certificate& candidate, const Certificate& own) {
    return service::why_not_a_group_ca(candidate, {own}).value_or("");
  };
  const Certificate below = crypto::make_server_identity(made.device_ca, {"below"}, today).certificate;
  CHECK(refused(made.device_ca.certificate, made.device_ca.certificate).contains("is the same as"));
  CHECK(refused(made.server_ca.certificate, made.signing.certificate)
            .contains("\"servers\" issued \"answers\""));
  CHECK(refused(below, made.device_ca.certificate).contains("\"below\" is issued by \"devices\""));
  CHECK(service::why_not_a_group_ca(below, {made.server_ca.certificate, made.device_ca.certificate}));
}

TEST_CASE("a certificate that the service issued or holds is no factory's", "[pki]") {
  const Made made;
  const std::vector<Certificate> own{made.server_ca.certificate, made.device_ca.certificate,
                                     made.signing.certificate};
  CHECK(service::is_of_the_service(crypto::make_server_identity(made.device_ca, {"a"}, today).certificate,
                                   own));
  CHECK(service::is_of_the_service(made.signing.certificate, own));
  CHECK(service::is_of_the_service(made.signing.certificate, {made.signing.certificate}));
}

TEST_CASE("what ca init makes is what serve accepts", "[pki]") {
  const test::Folder folder;
  const auto made = service::make_pki(folder.path() / "pki", {"broker.example", "127.0.0.1"}, {}, now);
  REQUIRE(made);
  CHECK(made->size() == 9);
  const auto loaded = service::load_pki(config_of(folder.path() / "pki"), now);
  REQUIRE(loaded);
  CHECK(loaded->issuer.certificate().common_name() == "Latchkey device CA");
  CHECK(loaded->signing->certificate.signs_answers());
  CHECK(loaded->chain_below_root.empty());
  CHECK(loaded->connection_anchors.size() == 1);
}

TEST_CASE("secret files of ca init are for their owner alone, the others for everybody", "[pki]") {
  const test::Folder folder;
  const auto made = service::make_pki(folder.path(), {"localhost"}, {}, now);
  REQUIRE(made);
  for (const auto& file : *made) {
    INFO(file.name);
    CHECK(mode_of(folder.path() / file.name) == (file.secret ? 0600U : 0644U));
  }
}

TEST_CASE("ca init overwrites nothing, and then writes nothing", "[pki]") {
  const test::Folder folder;
  folder.write("master.key", "mine");
  const auto made = service::make_pki(folder.path(), {"localhost"}, {}, now);
  REQUIRE_FALSE(made);
  CHECK(made.error().contains("master.key"));
  CHECK(text_of(folder.path() / "master.key") == "mine");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("ca init refuses what is no host, and certificates that outlive their CA", "[pki]") {
  const test::Folder folder;
  CHECK_FALSE(service::make_pki(folder.path(), {}, {}, now));
  CHECK_FALSE(service::make_pki(folder.path(), {"broker.example:8883"}, {}, now));
  CHECK_FALSE(service::make_pki(folder.path(), {"localhost"}, {.ca = std::chrono::days(1)}, now));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a key of another certificate is refused, and every complaint is listed", "[pki]") {
  const test::Folder folder;
  REQUIRE(service::make_pki(folder.path(), {"localhost"}, {}, now));
  auto config = config_of(folder.path());
  std::swap(config.pki.device_ca_key_file, config.pki.signing_key_file);
  const auto loaded = service::load_pki(config, now);
  REQUIRE_FALSE(loaded);
  CHECK(mentions(loaded.error(), "pki.device_ca_key_file"));
  CHECK(mentions(loaded.error(), "pki.signing_key_file"));
}
