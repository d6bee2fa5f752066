#include "gate/gate.hpp"

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "unit/crypto/made_with_openssl.hpp"

#include <ctime>

namespace latchkey::gate {
namespace {

namespace made = crypto::made_with_openssl;

const std::string password = "the device's password";
const std::string salt_text(16, 's');

crypto::Identity make_ca() {
  const crypto::Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return crypto::make_ca("devices", {now - std::chrono::hours(1), now + std::chrono::hours(24)});
}

std::string login(int generation) {
  const std::span salt(reinterpret_cast<const unsigned char*>(salt_text.data()), salt_text.size());
  return " " + std::to_string(generation) + ":0:" + to_hex(salt) + ":" +
         to_hex(sha256(password, to_hex(salt)));
}

crypto::Certificate certificate_of(const crypto::Identity& ca, const std::string& id) {
  return made::certificate(ca, made::ec_key("P-256"),
                           {{NID_basic_constraints, "critical,CA:FALSE"}, {NID_ext_key_usage, "clientAuth"}},
                           id);
}

/// A gate that is open, with a certificate for the device `m` and its password of generation 1.
struct Broker {
  Broker() { CHECK(tell("begin 0\nd 1 m 0" + login(1) + "\nend 1").find("done 1 0") != std::string::npos); }
  std::string tell(const std::string& lines) {
    return gate.control("@service-1", "@admin", "latchkey 1 x 0\n" + lines).value_or("");
  }
  Admission connect(const std::string& id, const std::string& username, std::string_view given = {},
                    X509* certificate = nullptr, bool is_websocket = false) {
    return gate.connect({&clients.emplace_back(), id, username, given, certificate, is_websocket});
  }
  const void* last() { return &clients.back(); }
  std::vector<std::string> to_end() {
    std::vector<std::string> ids;
    while (auto id = gate.next_to_end())
      ids.push_back(*std::move(id));
    return ids;
  }

  test::Folder folder;
  crypto::Identity ca = make_ca();
  crypto::Certificate own = certificate_of(ca, "m");
  X509* m = own.handle();
  Gate gate{{{}, folder.write("ca.pem", ca.certificate.to_pem()), (folder.path() / "state").string(), 1000}};
  std::deque<int> clients;
};

const std::string denied = " 4000000000";

TEST_CASE("A device comes in by its certificate, under its own client id", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  CHECK(broker.connect("m", "m", {}, broker.m) == Admission::accept_as_device);
  CHECK(broker.connect("other", "", {}, broker.m) == Admission::refuse);
  CHECK(broker.connect("m", "other", {}, broker.m) == Admission::refuse);
  CHECK(broker.connect("m", "@admin", {}, broker.m) == Admission::refuse);
  CHECK(broker.connect("@admin", "@admin", {}, broker.m) == Admission::refuse);
}

TEST_CASE("A certificate of another CA shows nothing", "[gate]") {
  Broker broker;
  const auto factory = certificate_of(make_ca(), "m");
  CHECK(broker.connect("m", "", {}, factory.handle()) == Admission::refuse);
  CHECK(broker.connect("m", "m", {}, factory.handle()) == Admission::refuse);
  CHECK(broker.connect("m", "@bootstrap", "x", factory.handle()) == Admission::defer);
  CHECK(broker.connect("@report", "@report", "x", factory.handle()) == Admission::defer);
}

TEST_CASE("A device comes in by its password, under its own client id", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "m@1", password) == Admission::accept);
  CHECK(broker.connect("m", "m@1", "another") == Admission::refuse);
  CHECK(broker.connect("m", "m@1") == Admission::refuse);
  CHECK(broker.connect("m", "m@2", password) == Admission::refuse);
  CHECK(broker.connect("m", "m@01", password) == Admission::refuse);
  CHECK(broker.connect("m", "m", password) == Admission::refuse);
  CHECK(broker.connect("other", "m@1", password) == Admission::refuse);
}

TEST_CASE("An unknown login is refused, also with a password of which nothing is known", "[gate]") {
  Broker broker;
  CHECK(broker.connect("stranger", "stranger@0", "") == Admission::refuse);
  CHECK(broker.connect("stranger", "stranger@1", std::string(16, '\0')) == Admission::refuse);
}

TEST_CASE("Everybody else is for Mosquitto to decide, under a client id that is no device's", "[gate]") {
  Broker broker;
  CHECK(broker.connect("@service-1", "@service", "x") == Admission::defer);
  CHECK(broker.connect("", "", "") == Admission::defer);
  CHECK(broker.connect("service", "@service", "x") == Admission::refuse);
  CHECK(broker.connect("auto-1234", "") == Admission::refuse);
}

TEST_CASE("The bootstrap account does not end an operational session", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "@bootstrap", "x") == Admission::defer);
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  const void* const session = broker.last();
  for (int n = 0; n < 50; ++n)
    CHECK(broker.connect("m", "@bootstrap", "x") == Admission::drop);
  CHECK(broker.connect("other", "@bootstrap", "x") == Admission::defer);
  broker.gate.disconnected(session, "m");
  CHECK(broker.connect("m", "@bootstrap", "x") == Admission::defer);
}

TEST_CASE("The end of the session that was taken over is not the end of the new one", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "m@1", password) == Admission::accept);
  const void* const old = broker.last();
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  broker.gate.disconnected(old, "m");
  CHECK(broker.connect("m", "@bootstrap", "x") == Admission::drop);
}

TEST_CASE("A denied device is refused, and its session ends", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  broker.tell("d 5 m" + denied);
  CHECK(broker.to_end() == std::vector<std::string>{"m"});
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::refuse);
  CHECK(broker.connect("m", "m@1", password) == Admission::refuse);
  broker.tell("d 6 m 0");
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  CHECK(broker.to_end().empty());
}

TEST_CASE("A denied certificate is refused, and its session ends", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  broker.tell("s 5 77 m" + denied);
  CHECK(broker.to_end().empty());
  broker.tell("s 5 7 m" + denied);
  CHECK(broker.to_end() == std::vector<std::string>{"m"});
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::refuse);
}

TEST_CASE("The end of a password ends its session, and no session of another generation", "[gate]") {
  Broker broker;
  broker.tell("d 2 m 0" + login(1) + login(2));
  CHECK(broker.connect("m", "m@2", password) == Admission::accept);
  broker.tell("d 3 m 0" + login(2));
  CHECK(broker.to_end().empty());
  broker.tell("d 4 m 0" + login(3));
  CHECK(broker.to_end() == std::vector<std::string>{"m"});
}

TEST_CASE("What a snapshot no longer has loses its session", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "m@1", password) == Admission::accept);
  broker.tell("begin 100\nend 0");
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  for (int n = 0; n < 256; ++n)
    broker.gate.tick(now);
  CHECK(broker.to_end() == std::vector<std::string>{"m"});
}

TEST_CASE("A closed gate drops devices, and defers the rest", "[gate]") {
  const test::Folder folder;
  const crypto::Identity ca = make_ca();
  const auto certificate = certificate_of(ca, "m");
  Gate gate{{{}, folder.write("ca.pem", ca.certificate.to_pem()), (folder.path() / "state").string(), 1000}};
  int client = 0;
  CHECK(gate.connect({&client, "m", "", {}, certificate.handle()}) == Admission::drop);
  CHECK(gate.connect({&client, "m", "m@1", password, nullptr}) == Admission::drop);
  CHECK(gate.connect({&client, "m", "@bootstrap", "x", nullptr}) == Admission::defer);
  CHECK(gate.connect({&client, "@service-1", "@service", "x", nullptr}) == Admission::defer);
}

TEST_CASE("When the broker reads its configuration again no session is judged anew", "[gate]") {
  Broker broker;
  CHECK(broker.connect("m", "", {}, broker.m) == Admission::accept_as_device);
  const void* const open = broker.last();
  broker.gate.reloading();
  CHECK(broker.gate.connect({open, "m", "m", {}, nullptr}) == Admission::accept);
  CHECK(broker.connect("offline", "offline") == Admission::accept);
  CHECK(broker.connect("offline", "offline@3", "x") == Admission::accept);
  CHECK(broker.connect("@service-1", "@service", "x") == Admission::defer);
  CHECK(broker.connect("m", "@bootstrap", "x") == Admission::drop);
  // A new connection, by WebSocket.
  CHECK(broker.connect("m", "m", {}, nullptr, true) == Admission::refuse);
  broker.gate.tick(static_cast<std::uint64_t>(std::time(nullptr)));
  CHECK(broker.connect("offline", "offline") == Admission::refuse);
}

TEST_CASE("Only the service's account commands the gate", "[gate]") {
  Broker broker;
  for (const char* const username : {"", "@service", "m", "admin"})
    CHECK_FALSE(broker.gate.control("@x", username, "latchkey 1 x 0\nhello"));
  CHECK_FALSE(broker.gate.control("m", "@admin", "latchkey 1 x 0\nhello"));
  CHECK(broker.gate.control("@x", "@admin", "latchkey 1 x 0\nhello"));
}

TEST_CASE("Options: what is unknown, missing or dangerous is refused", "[gate]") {
  const Options good = {{"device_ca", "/a"}, {"state", "/b"}};
  const auto with = [&](const char* name, const char* value) {
    Options options = good;
    options.insert_or_assign(name, value);
    return read_options(options);
  };
  CHECK(read_options(good));
  CHECK(with("provisioning_root", "a/b")->names.provisioning_root == "a/b");
  CHECK(with("max_entries", "5")->most_entries == 5);
  CHECK_FALSE(read_options({{"device_ca", "/a"}}));
  CHECK_FALSE(read_options({{"state", "/a"}}));
  CHECK_FALSE(with("device-ca", "/a"));
  CHECK_FALSE(with("control_account", "admin"));
  CHECK_FALSE(with("control_account", "@bootstrap"));
  CHECK_FALSE(with("bootstrap_account", ""));
  for (const char* const root : {"", "/a", "a/", "a//b", "$SYS", "a/+", "#"})
    CHECK_FALSE(with("devices_root", root));
  CHECK_FALSE(with("max_entries", "0"));
  CHECK_FALSE(with("max_entries", "many"));
}

}  // namespace
}  // namespace latchkey::gate
