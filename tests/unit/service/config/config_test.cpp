#include "service/config/config.hpp"

#include "service/config/reading.hpp"
#include "service/config/rules.hpp"
#include "support/catch.hpp"
#include "support/repository.hpp"
#include "unit/service/made_configuration.hpp"

#include <algorithm>

using namespace latchkey;
using service::Complaints;
using test::Configuration;

namespace {

std::string joined(const Complaints& complaints) {
  std::string text;
  for (const auto& line : complaints)
    text += line + "\n";
  return text;
}

void check_only_complaint(const Complaints& complaints, std::string_view expected) {
  INFO(joined(complaints));
  REQUIRE(complaints.size() == 1);
  CHECK(complaints.front().contains(expected));
}

}  // namespace

TEST_CASE("a configuration with what is required is accepted, the rest is default", "[config]") {
  const Configuration made;
  const auto config = made.load();
  REQUIRE(config);
  CHECK(config->database.workers == 2);
  CHECK(config->mqtt.version == "5");
  CHECK(config->mqtt.share_group == std::nullopt);
  CHECK(config->connection.port == 8883);
  CHECK(config->connection.tls);
}

TEST_CASE("a relative path counts from the folder of the file", "[config]") {
  const Configuration made;
  const auto config = made.load();
  REQUIRE(config);
  CHECK(config->secrets.master_key_file == (made.folder.path() / "master.key").string());
}

TEST_CASE("an unknown key is an error with its line and the nearest name", "[config]") {
  Configuration made;
  made.text += "[limits]\nbatch_mx = 3\n";
  const auto config = made.load();
  REQUIRE_FALSE(config);
  const std::string place = made.file() + ":" + std::to_string(std::ranges::count(made.text, '\n'));
  check_only_complaint(config.error(), place + ": limits.batch_mx: is unknown, did you mean batch_max?");
}

TEST_CASE("an unknown section is an error with the nearest name", "[config]") {
  Configuration made;
  made.text += "[logs]\nlevel = \"info\"\n";
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "logs: is unknown, did you mean log?");
}

TEST_CASE("every problem is listed at once, in the order of the file", "[config]") {
  Configuration made;
  made.text =
      "[mqtt]\nurl = \"amqp://broker\"\nversion = 5\n[database]\nworkers = 0\nurl = "
      "\"x\"\n[connection]\nport = 65536\n";
  const auto config = made.load();
  REQUIRE_FALSE(config);
  const auto& complaints = config.error();
  INFO(joined(complaints));
  const std::vector<std::string> lines = {":2: mqtt.url", ":3: mqtt.version", ":5: database.workers",
                                          ":6: database.url", ":8: connection.port"};
  REQUIRE(complaints.size() == lines.size() + 6);  // and six that are required
  for (std::size_t i = 0; i < lines.size(); ++i)
    CHECK(complaints[i].starts_with(made.file() + lines[i]));
  CHECK(complaints.back().contains("is required"));
}

TEST_CASE("what is no TOML ends the reading with its line", "[config]") {
  Configuration made;
  made.text = "[mqtt]\nurl = \n";
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), made.file() + ":2");
}

TEST_CASE("a value of the wrong type says which one is right", "[config]") {
  Configuration made;
  made.text += "[limits]\nbatch_max = \"many\"\ninbox_bytes = 1.5\n[log]\nlevel = true\n";
  made.replace("host = \"broker.example\"", "host = \"broker.example\"\ntls = 1");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  const auto text = joined(config.error());
  CHECK(text.contains("limits.batch_max: must be a whole number"));
  CHECK(text.contains("limits.inbox_bytes: must be a whole number"));
  CHECK(text.contains("log.level: must be a text in quotes"));
  CHECK(text.contains("connection.tls: must be true or false"));
}

TEST_CASE("a key where a section belongs, and a section where a key belongs, are errors", "[config]") {
  Configuration made;
  made.text = "log = \"info\"\n" + made.text + "[limits.batch_max]\nx = 1\n";
  const auto config = made.load();
  REQUIRE_FALSE(config);
  CHECK(joined(config.error()).contains("log: is a section"));
  CHECK(joined(config.error()).contains("limits.batch_max: must be a whole number"));
}

TEST_CASE("a missing file is the one complaint", "[config]") {
  const auto config = service::load_config("/nowhere/latchkey.toml");
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "/nowhere/latchkey.toml");
}

TEST_CASE("a variable wins over the file", "[config]") {
  Configuration made;
  made.variables = {{"LATCHKEY_CONNECTION_PORT", "1234"},
                    {"LATCHKEY_CONNECTION_TLS", "false"},
                    {"LATCHKEY_LOG_LEVEL", "error"}};
  const auto config = made.load();
  REQUIRE(config);
  CHECK(config->connection.port == 1234);
  CHECK_FALSE(config->connection.tls);
  CHECK(config->log.level == "error");
}

TEST_CASE("an empty variable counts as not set, except for the share group", "[config]") {
  Configuration made;
  made.variables = {
      {"LATCHKEY_CONNECTION_PORT", ""}, {"LATCHKEY_CONNECTION_HOST", ""}, {"LATCHKEY_MQTT_SHARE_GROUP", ""}};
  const auto config = made.load();
  REQUIRE(config);
  CHECK(config->connection.port == 8883);
  CHECK(config->connection.host == "broker.example");
  CHECK(config->mqtt.share_group == "");
}

TEST_CASE("a wrong variable is complained about by its name", "[config]") {
  Configuration made;
  made.variables = {{"LATCHKEY_CONNECTION_PORT", "12x"}};
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "LATCHKEY_CONNECTION_PORT: connection.port: must be a whole number");
}

TEST_CASE("a slip in a variable is found, another's variable is left alone", "[config]") {
  Configuration made;
  made.variables = {
      {"LATCHKEY_PORT", "tcp://10.0.0.1:8883"}, {"LATCHKEY_DB_URL", "x"}, {"LATCHKEY_BIN", "x"}};
  CHECK(made.load());
  made.variables = {{"LATCHKEY_MQTT_URI", "mqtt://broker"}};
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "LATCHKEY_MQTT_URI: is unknown, did you mean LATCHKEY_MQTT_URL?");
}

TEST_CASE("a password in the database's address is refused and never repeated", "[config]") {
  for (const char* const url :
       {"postgresql://latchkey:canary@db/latchkey", "postgresql://latchkey:can/ary@db/latchkey",
        "postgresql://db/latchkey?user=x&password=canary", "host=db password = canary"}) {
    INFO(url);
    Configuration made;
    made.replace("postgresql://latchkey@db/latchkey", url);
    const auto config = made.load();
    REQUIRE_FALSE(config);
    check_only_complaint(config.error(), "password_file");
    CHECK_FALSE(config.error().front().contains("ary"));
  }
}

TEST_CASE("addresses of databases without a password are accepted", "[config]") {
  using service::rules::database_url;
  for (const char* const url :
       {"postgresql://latchkey@db:5432/latchkey?sslmode=verify-full", "postgres:///latchkey",
        "host=/run/postgresql dbname=latchkey", "host=db passfile=/etc/pass"}) {
    INFO(url);
    CHECK_FALSE(database_url(url));
  }
  CHECK(database_url("mysql://db/latchkey?x=y"));
  CHECK(database_url("db.example"));
}

TEST_CASE("names of the service that could be a device's are refused", "[config]") {
  Configuration made;
  made.replace("@service", "service");
  made.replace("[mqtt]\n", "[mqtt]\nclient_id = \"latchkey-1\"\n");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  CHECK(config.error().size() == 2);
  CHECK(joined(config.error()).contains("mqtt.username: \"service\" is a valid device id"));
  CHECK(joined(config.error()).contains("mqtt.client_id: \"latchkey-1\" is a valid device id"));
}

TEST_CASE("TLS to the broker needs its CA", "[config]") {
  Configuration made;
  made.replace("ca_file = \"server-ca.pem\"\n", "");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "mqtt.ca_file: is required with mqtts://");
  made.replace("mqtts://", "mqtt://");
  CHECK(made.load());
}

TEST_CASE("a certificate for the broker goes with its key", "[config]") {
  Configuration made;
  made.replace("[mqtt]\n", "[mqtt]\nkey_file = \"master.key\"\n");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "certificate_file and key_file belong together");
}

TEST_CASE("a device CA before the present one needs no key where there is no list", "[config]") {
  Configuration made;
  made.replace("[mqtt]\n", "[crl]\nprevious_ca_file = \"server-ca.pem\"\n[mqtt]\n");
  CHECK(made.load());
}

TEST_CASE("device CAs before the present one go with their keys where there is a list", "[config]") {
  Configuration made;
  made.replace("[mqtt]\n", "[crl]\nprevious_ca_key_file = \"master.key\"\nfile = \"/crl.pem\"\n[mqtt]\n");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(),
                       "with crl.file, previous_ca_file and previous_ca_key_file belong together");
  made.replace("previous_ca_key_file", "previous_ca_file = \"server-ca.pem\"\nprevious_ca_key_file");
  CHECK(made.load());
  made.replace("file = \"/crl.pem\"\n", "");
  const auto listless = made.load();
  REQUIRE_FALSE(listless);
  check_only_complaint(listless.error(), "crl.previous_ca_key_file: needs crl.file");
}

TEST_CASE("a client certificate that names a device is refused", "[config]") {
  Configuration made;
  const auto ca = crypto::make_ca("service", test::long_ago_to_far_away());
  const auto file = made.folder.write("client.pem", ca.certificate.to_pem());
  made.replace("[mqtt]\n", "[mqtt]\nkey_file = \"master.key\"\ncertificate_file = \"client.pem\"\n");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "\"service\" is a valid device id");
}

TEST_CASE("MQTT 3.1.1 has no shared subscription", "[config]") {
  Configuration made;
  made.replace("[mqtt]\n", "[mqtt]\nversion = \"3.1.1\"\n");
  const auto config = made.load();
  REQUIRE(config);
  CHECK(config->mqtt.share_group == "");
  made.replace("[mqtt]\n", "[mqtt]\nshare_group = \"replicas\"\n");
  const auto shared = made.load();
  REQUIRE_FALSE(shared);
  check_only_complaint(shared.error(), "mqtt.share_group: MQTT 3.1.1 has no shared subscriptions");
}

TEST_CASE("values outside what is allowed are refused one by one", "[config]") {
  using namespace service::rules;
  CHECK(mqtt_version("4"));
  CHECK(mqtt_version("3.1"));
  CHECK_FALSE(mqtt_version("3.1.1"));
  CHECK(share_group("a/b"));
  CHECK(share_group("a+"));
  CHECK(share_group("#"));
  CHECK(topic_root("/provisioning"));
  CHECK(topic_root("a/+/b"));
  CHECK(topic_root("$SYS"));
  CHECK_FALSE(topic_root("a/b/c"));
  CHECK(host("broker.example:8883"));
  CHECK(host("a b"));
  CHECK(host("-a.example"));
  CHECK(host("[::1]"));
  CHECK_FALSE(host("::1"));
  CHECK_FALSE(host("192.0.2.1"));
  CHECK(log_level("verbose"));
  CHECK(log_format("xml"));
  CHECK(broker_url("tcp://broker"));
  CHECK(broker_url("mqtts://broker:0"));
  CHECK(broker_url("mqtts://broker:65536"));
}

TEST_CASE("files that are missing, empty or of another kind are refused", "[config]") {
  Configuration made;
  std::filesystem::remove(made.folder.path() / "device-ca-key.pem");
  made.folder.write("device-ca.pem", "nothing");
  made.folder.write("mqtt.password", "");
  made.folder.write("master.key", "short");
  const auto config = made.load();
  REQUIRE_FALSE(config);
  const auto text = joined(config.error());
  INFO(text);
  CHECK(config.error().size() == 4);
  CHECK(text.contains("pki.device_ca_file"));
  CHECK(text.contains("pki.device_ca_key_file"));
  CHECK(text.contains("mqtt.password_file"));
  CHECK(text.contains("secrets.master_key_file"));
}

TEST_CASE("a secret that everybody may read is refused", "[config]") {
  const Configuration made;
  using std::filesystem::perms;
  std::filesystem::permissions(made.folder.path() / "master.key", perms::owner_read | perms::others_read);
  const auto config = made.load();
  REQUIRE_FALSE(config);
  check_only_complaint(config.error(), "secrets.master_key_file");
  std::filesystem::permissions(made.folder.path() / "master.key", perms::owner_read | perms::group_read);
  CHECK(made.load());
}

TEST_CASE("what is wrong with another section does not stop who needs only one", "[config]") {
  Configuration made;
  made.text += "[limits]\nnonsense = 1\n";
  made.replace("mqtts://", "amqp://");
  CHECK_FALSE(made.load());
  const auto config = made.load({"secrets"});
  REQUIRE(config);
  CHECK_FALSE(config->secrets.master_key_file.empty());
  made.replace("master_key_file", "master_key");
  CHECK_FALSE(made.load({"secrets"}));
}

TEST_CASE("the configuration that is shown says where each value comes from and can be read again",
          "[config]") {
  Configuration made;
  made.variables = {{"LATCHKEY_LOG_LEVEL", "debug"}};
  auto settings = made.read();
  REQUIRE(settings);
  const auto shown = service::show(*settings);
  CHECK(shown.contains("workers = 2 "));
  CHECK(shown.contains("# default\n"));
  CHECK(shown.contains("# LATCHKEY_LOG_LEVEL\n"));
  CHECK(shown.contains("# " + made.file() + ":2\n"));
  made.text = shown;
  made.variables = {};
  const auto again = made.load();
  REQUIRE(again);
  CHECK(again->log.level == "debug");
}

TEST_CASE("docs/configuration.md is what the table says", "[config]") {
  std::ifstream in(test::repository_path("docs/configuration.md"));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  // If this fails: latchkey config reference > docs/configuration.md
  CHECK(text == service::config_reference());
}
