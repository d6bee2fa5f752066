#include "link_client.hpp"
#include "support/catch.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

using namespace std::string_literals;
using namespace latchkey::test;
using latchkey::mqtt::Version;

namespace {

/// An MQTT 3.1.1 client that is a socket and strings: for what a link does not do, and without its library.
class RawClient {
 public:
  RawClient(std::uint16_t port, std::string_view id) : socket_(latchkey::test::connect_tcp(port)) {
    REQUIRE(socket_ >= 0);
    send_packet('\x10', "\x00\x04MQTT\x04\x02\x00\x3c"s + text(id));
    CHECK(read_until("\x20\x02\x00\x00"s));
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void subscribe(std::string_view filter) {
    send_packet('\x82', "\x00\x01"s + text(filter) + "\x00"s);
    CHECK(read_until("\x90\x03\x00\x01\x00"s));
  }
  void publish_retained(std::string_view topic, std::string_view payload) {
    send_packet('\x31', text(topic) + std::string(payload));
    send_packet('\xc0', "");
    CHECK(read_until("\xd0\x00"s));  // the answer to a PINGREQ: the message was taken
  }
  /// Everything that came ends with this, or will.
  [[nodiscard]] bool read_until(std::string_view end) {
    std::string read;
    char byte = 0;
    while (!read.ends_with(end) && ::recv(socket_, &byte, 1, 0) == 1)
      read += byte;
    return read.ends_with(end);
  }

 private:
  static std::string text(std::string_view value) {
    return '\0' + std::string(1, static_cast<char>(value.size())) + std::string(value);
  }
  void send_packet(char type, const std::string& content) {
    const std::string packet = type + std::string(1, static_cast<char>(content.size())) + content;
    CHECK(::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size()));
  }

  int socket_;
};

}  // namespace

TEST_CASE("a link keeps alive as often as the broker wants it", "[link]") {
  const Broker broker("allow_anonymous true\nmax_keepalive 10\n");
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  CHECK(client.losses().empty());
  CHECK(client->server_keep_alive() == 10s);
  std::ifstream file(broker.folder() / "mosquitto.log");
  const std::string log{std::istreambuf_iterator<char>(file), {}};
  const auto asked = log.rfind("as client (p5, c1, k");
  REQUIRE(asked != std::string::npos);
  CHECK(log.substr(asked).starts_with("as client (p5, c1, k10)"));
}

TEST_CASE("messages go both ways with their correlation data", "[link]") {
  const Broker broker;
  Client service(options_for(broker, "service", {"request/+"}));
  Client device(options_for(broker, "device", {"response/device"}));
  REQUIRE(service.becomes_ready());
  REQUIRE(device.becomes_ready());

  REQUIRE(device->publish({"request/device", "question", "application/json", "a\0b"s, 7}));
  REQUIRE(service.receives(1));
  CHECK(service.received()[0].topic == "request/device");
  CHECK(service.received()[0].payload == "question");
  CHECK(service.received()[0].correlation_data == "a\0b"s);
  CHECK_FALSE(service.received()[0].retained);

  REQUIRE(service->publish({"response/device", "answer", "application/jose", "a\0b"s, 0}));
  REQUIRE(device.receives(1));
  CHECK(device.received()[0].payload == "answer");
  CHECK(device.received()[0].correlation_data == "a\0b"s);
  REQUIRE(device->flush(2s));
  CHECK(device.delivered() == std::vector<std::uint64_t>{7});
}

TEST_CASE("MQTT 3.1.1 works, without correlation data", "[link]") {
  const Broker broker;
  Options options = options_for(broker, "old", {"topic"});
  options.version = Version::v3_1_1;
  Client client(std::move(options));
  REQUIRE(client.becomes_ready());
  REQUIRE(client->publish({"topic", "payload", "application/json", "lost", 1}));
  REQUIRE(client.receives(1));
  CHECK(client.received()[0].payload == "payload");
  CHECK(client.received()[0].correlation_data.empty());
  CHECK(client.delivers(1));
}

TEST_CASE("a full outbox takes nothing more", "[link]") {
  Broker broker;
  Options options = options_for(broker, "client", {"topic"});
  options.outbox_limit = 3;
  broker.pause();
  Client client(std::move(options));
  for (int i = 0; i < 3; ++i)
    CHECK(client->publish(message("topic", "fits")));
  CHECK_FALSE(client->publish(message("topic", "too much")));
  broker.resume();
  REQUIRE(client.receives(3));
  REQUIRE(client->flush(2s));
  CHECK(client->publish(message("topic", "fits again")));
}

TEST_CASE("the largest packet that the broker takes is known once it said so", "[link]") {
  const Broker broker("allow_anonymous true\nmax_packet_size 4096\n");
  Client client(options_for(broker, "client"));
  REQUIRE(client.becomes_ready());
  CHECK(client->packet_limit() == 4096);
  Options options = options_for(broker, "old");
  options.version = Version::v3_1_1;
  Client old(std::move(options));
  REQUIRE(old.becomes_ready());
  CHECK(old->packet_limit() == latchkey::mqtt::any_packet);
}

TEST_CASE("a topic that would end the connection is not taken", "[link]") {
  const Broker broker;
  Client client(options_for(broker, "client"));
  for (const auto& topic : {""s, "a/+/b"s, "a/#"s, "a\0b"s})
    CHECK_FALSE(client->publish(message(topic, "payload")));
}

TEST_CASE("a retained message is marked", "[link]") {
  const Broker broker;
  RawClient(broker.port(), "raw").publish_retained("topic", "kept");
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.receives(1));
  CHECK(client.received()[0].payload == "kept");
  CHECK(client.received()[0].retained);
}

TEST_CASE("a message published with the retain flag while the client listens is marked too", "[link]") {
  const Broker broker;
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  RawClient(broker.port(), "raw").publish_retained("topic", "now");
  REQUIRE(client.receives(1));
  CHECK(client.received()[0].retained);
}

TEST_CASE("a last will is published when the client vanishes, not when it leaves", "[link]") {
  const Broker broker;
  RawClient watcher(broker.port(), "watcher");
  watcher.subscribe("status/+");
  const auto with_will = [&](std::string id) {
    Options options = options_for(broker, std::move(id));
    options.will.push_back({"status/" + options.client_id, "gone"});
    return options;
  };
  Client leaves(with_will("leaves"));
  REQUIRE(leaves.becomes_ready());
  leaves.close();
  Client vanishes(with_will("vanishes"));
  REQUIRE(vanishes.becomes_ready());
  const RawClient usurper(broker.port(), "vanishes");  // the broker ends the older connection of a client id
  // The first message that comes is the will of the one that was thrown out.
  CHECK(watcher.read_until("\x30\x15\x00\x0fstatus/vanishesgone"s));
}

TEST_CASE("one that left a shared subscription leaves its messages to the others, and still publishes",
          "[link]") {
  const Broker broker;
  Client stays(options_for(broker, "stays", {"$share/group/topic"}));
  Client leaves(options_for(broker, "leaves", {"$share/group/topic"}));
  REQUIRE(stays.becomes_ready());
  REQUIRE(leaves.becomes_ready());
  REQUIRE(leaves->unsubscribe(2s));
  const auto before = leaves.received().size();
  for (int i = 0; i < 10; ++i)
    REQUIRE(leaves->publish(message("topic", "payload")));
  CHECK(stays.receives(10));
  CHECK(leaves->flush(2s));
  CHECK(leaves.received().size() == before);
}

TEST_CASE("who has no connection leaves at once, and does not subscribe when it gets one", "[link]") {
  Broker broker;
  broker.pause();
  Client client(options_for(broker, "client", {"topic"}));
  CHECK(client->unsubscribe(1ms));
  broker.resume();
  REQUIRE(client.becomes_ready());
  REQUIRE(client->publish(message("topic", "payload")));
  CHECK(client->flush(2s));
  CHECK(client.received().empty());
}

TEST_CASE("an exception out of a handler stays there", "[link]") {
  const Broker broker;
  Handlers handlers;
  handlers.message = [](const Delivery&) { throw std::runtime_error("message"); };
  handlers.ready = [] { throw std::runtime_error("ready"); };
  handlers.lost = [](std::string_view) { throw std::runtime_error("lost"); };
  handlers.delivered = [](std::uint64_t) { throw std::runtime_error("delivered"); };
  auto link = Link::open(options_for(broker, "thrower", {"topic"}), std::move(handlers));
  REQUIRE(link);
  REQUIRE((*link)->publish(message("topic", "payload", 1)));
  CHECK((*link)->flush(2s));
  CHECK((*link)->ready());
}

TEST_CASE("options that cannot work are refused in a sentence", "[link]") {
  const auto refusal = [](const std::function<void(Options&)>& change) {
    Options options;
    options.url = "mqtt://127.0.0.1:1";
    options.client_id = "client";
    change(options);
    auto link = Link::open(std::move(options), {});
    return link ? ""s : link.error();
  };
  const auto url = [&](const std::string& text) {
    return refusal([&](Options& options) { options.url = text; });
  };
  CHECK(url("mqtt://127.0.0.1").empty());
  CHECK(url("mqtt://[::1]:1").empty());
  for (const auto& bad :
       {"", "host", "http://host", "mqtt://", "mqtt://host:", "mqtt://host:0", "mqtt://host:65536",
        "mqtt://host:1x", "mqtt://[::1", "mqtt://user@host", "mqtt://host/path"}) {
    CAPTURE(bad);
    CHECK(url(bad).starts_with("The broker's url \"" + std::string(bad) + "\" "));
  }
  CHECK(url("mqtts://host").find("ca_file") != std::string::npos);
  CHECK(refusal([](Options& options) { options.ca_file = "/nonexistent/ca.pem"; }) ==
        "The ca_file \"/nonexistent/ca.pem\" cannot be read: No such file or directory.");
  CHECK(refusal([](Options& options) { options.key_file = "key.pem"; }).find("certificate_file") !=
        std::string::npos);
  CHECK_FALSE(refusal([](Options& options) { options.client_id.clear(); }).empty());
  CHECK_FALSE(refusal([](Options& options) { options.will = {{"a", ""}, {"b", ""}}; }).empty());
  CHECK_FALSE(refusal([](Options& options) { options.keep_alive = 0s; }).empty());
  CHECK_FALSE(refusal([](Options& options) { options.in_flight_limit = 0; }).empty());
}
