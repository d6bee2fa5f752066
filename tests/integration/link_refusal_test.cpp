#include "link_client.hpp"
#include "support/catch.hpp"

#include <fstream>

using namespace latchkey::test;
using latchkey::mqtt::Version;

// Messages that a broker does not take: each is given up alone, and costs nobody else more than a moment.

namespace {

constexpr const char* small_packets = "allow_anonymous true\nmax_packet_size 4096\n";
const std::string large(5000, 'x');
/// Mosquitto ends the connection at a topic of more than 200 levels, and does not say why.
const std::string deep_topic = "deep" + std::string(201, '/');

Options old_options_for(const Broker& broker) {
  Options options = options_for(broker, "old");
  options.version = Version::v3_1_1;
  return options;
}

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> result;
  for (std::uint64_t number = first; number <= last; ++number)
    result.push_back(number);
  return result;
}

}  // namespace

TEST_CASE("a message above the broker's Maximum Packet Size is given up, and the connection stays",
          "[link]") {
  const Broker broker(small_packets);
  Client client(options_for(broker, "client"));
  REQUIRE(client.becomes_ready());
  REQUIRE(client->publish(message("a", "fits", 1)));
  REQUIRE(client->publish(message("b", large, 2)));
  REQUIRE(client->publish(message("a", "fits", 3)));
  REQUIRE(client->flush(2s));
  CHECK(client.delivered() == std::vector<std::uint64_t>{1, 3});
  REQUIRE(client.given_up().size() == 1);
  CHECK(client.given_up()[0].topic == "b");
  CHECK(client.given_up()[0].bytes > large.size());
  CHECK(client.given_up()[0].tag == 2);
  CHECK(client.given_up()[0].why == "larger than the broker accepts: 4096 bytes");
  CHECK(client.losses().empty());
}

TEST_CASE("a message that is refused in its PUBACK is given up with the broker's reason", "[link]") {
  Broker broker("allow_anonymous true\nmessage_size_limit 1000\n");
  Client client(options_for(broker, "client"));
  REQUIRE(client->publish(message("a", "fits", 1)));
  REQUIRE(client->publish(message("b", large, 2)));
  REQUIRE(client.becomes_ready());
  REQUIRE(client->flush(2s));
  CHECK(client.delivered() == std::vector<std::uint64_t>{1});
  REQUIRE(client.given_up().size() == 1);
  CHECK(client.given_up()[0].topic == "b");
  CHECK(client.given_up()[0].tag == 2);
  CHECK(client.given_up()[0].why.starts_with("refused: "));
  CHECK(client.given_up()[0].why.ends_with("(149)"));
  // Mosquitto 2.0.11 closes the connection after such a PUBACK; what follows is delivered all the same.
  REQUIRE(client->publish(message("a", "fits", 3)));
  REQUIRE(client.delivers(2));
  CHECK(client.delivered() == std::vector<std::uint64_t>{1, 3});
  CHECK(client.given_up().size() == 1);
}

TEST_CASE("a topic that the account may not write to is given up, and not tried again at once", "[link]") {
  Broker broker;
  const auto rights = broker.folder() / "acl";
  std::ofstream(rights) << "topic write allowed\n";
  std::ofstream(broker.folder() / "mosquitto.conf", std::ios::app) << "acl_file " << rights.string() << "\n";
  broker.restart();
  Client client(options_for(broker, "client"));
  REQUIRE(client->publish(message("forbidden", "payload", 1)));
  REQUIRE(client.gives_up(1));
  CHECK(client.given_up()[0].topic == "forbidden");
  CHECK(client.given_up()[0].why.starts_with("refused: "));
  CHECK(client.given_up()[0].why.ends_with("(135)"));
  // Mosquitto 2.0.11 ends the connection all the same.
  REQUIRE(client->publish(message("allowed", "payload", 2)));
  REQUIRE(client->flush(4s));
  CHECK(client.losses().size() <= 1);
  const auto losses = client.losses().size();
  REQUIRE(client->publish(message("forbidden", "payload", 3)));
  REQUIRE(client->publish(message("allowed", "payload", 4)));
  REQUIRE(client->flush(4s));
  CHECK(client.given_up().size() == 2);
  CHECK(client.delivered() == std::vector<std::uint64_t>{2, 4});
  CHECK(client.losses().size() == losses);
}

TEST_CASE("a message that ends the connection is given up, and those beside it arrive", "[link]") {
  const Broker broker(small_packets);
  Client client(old_options_for(broker));
  for (std::uint64_t i = 1; i <= 60; ++i)
    REQUIRE(client->publish(i == 31 ? message("b", large, i) : message("a", "fits", i)));
  REQUIRE(client.gives_up(1));
  REQUIRE(client->flush(4s));
  CHECK(client.given_up()[0].topic == "b");
  CHECK(client.given_up()[0].tag == 31);
  CHECK(client.given_up()[0].why == "the broker ended the connection again because of it: connection lost");
  CHECK(client.losses().size() <= 3);  // what was acknowledged at the end may not have come through
  auto arrived = numbers(1, 60);
  std::erase(arrived, 31);
  auto delivered = client.delivered();
  std::ranges::sort(delivered);
  CHECK(delivered == arrived);
}

TEST_CASE("what ended the connection is not sent again at once: its topic, and at first its size", "[link]") {
  const Broker broker(small_packets);
  Client client(old_options_for(broker));
  REQUIRE(client->publish(message("b", large, 1)));
  REQUIRE(client.gives_up(1));
  REQUIRE(client.becomes_ready(3));  // by then both ends were told
  const auto losses = client.losses().size();
  REQUIRE(client->publish(message("b", large, 2)));
  REQUIRE(client->publish(message("c", large, 3)));
  REQUIRE(client->publish(message("b", std::string(3000, 'x'), 4)));
  REQUIRE(client->flush(4s));
  CHECK(client.delivered() == std::vector<std::uint64_t>{4});
  REQUIRE(client.given_up().size() == 3);
  CHECK(client.given_up()[1].why == "the broker refused a similar message a short time ago");
  CHECK(client.given_up()[2].tag == 3);
  CHECK(client.losses().size() == losses);
}

TEST_CASE("a topic at which the broker ends the connection costs no other topic anything", "[link]") {
  const Broker broker;
  for (const auto version : {Version::v3_1_1, Version::v5}) {
    Options options = options_for(broker, "client");
    options.version = version;
    Client client(std::move(options));
    REQUIRE(client->publish(message(deep_topic, "payload", 1)));
    REQUIRE(client->publish(message("a", large, 2)));
    REQUIRE(client.gives_up(1));
    REQUIRE(client->publish(message(deep_topic, "payload", 3)));
    REQUIRE(client->publish(message("a", large, 4)));
    REQUIRE(client->flush(4s));
    CHECK(client.delivered() == std::vector<std::uint64_t>{2, 4});
    REQUIRE(client.given_up().size() == 2);
    CHECK(client.given_up()[0].topic == deep_topic);
    CHECK(client.given_up()[1].tag == 3);
    CHECK(client.losses().size() == 2);
  }
}

TEST_CASE("a broker that is killed again and again costs no message", "[link]") {
  Broker broker;
  Client client(options_for(broker, "client"));
  REQUIRE(client.becomes_ready());
  for (int kills = 1; kills <= 3; ++kills) {
    broker.pause();
    for (std::uint64_t i = 0; i < 50; ++i)
      REQUIRE(client->publish(message("topic", "payload", 1)));
    CHECK_FALSE(client->flush(20ms));
    broker.restart();
    REQUIRE(client.becomes_ready(1 + kills));
    REQUIRE(client->flush(4s));
  }
  CHECK(client.delivered().size() == 150);
  CHECK(client.given_up().empty());
}
