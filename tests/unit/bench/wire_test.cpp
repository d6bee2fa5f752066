#include "bench/wire.hpp"

#include "support/catch.hpp"

#include <vector>

namespace wire = latchkey::bench::wire;

TEST_CASE("a published message reads back, with the packet id it was given", "[bench]") {
  for (const std::size_t size : {0UL, 1UL, 100UL, 127UL, 128UL, 16384UL}) {
    std::string packet = wire::publish("a/topic", std::string(size, 'x'));
    wire::number(packet, 0xABCD);
    std::string_view in = packet;
    const auto taken = wire::take(in);
    REQUIRE(taken);
    CHECK(in.empty());
    CHECK(taken->type == wire::Type::publish);
    const auto message = wire::publication(*taken);
    REQUIRE(message);
    CHECK(message->topic == "a/topic");
    CHECK(message->payload == std::string(size, 'x'));
    CHECK(message->packet_id == 0xABCD);
  }
}

TEST_CASE("a packet is taken when all of it is there and not before", "[bench]") {
  const std::string packet = wire::publish("a/topic", std::string(200, 'x'));
  const std::string two = packet + packet;
  for (std::size_t size = 0; size < packet.size(); ++size) {
    std::string_view in = std::string_view(two).substr(0, size);
    CHECK_FALSE(wire::take(in));
    CHECK(in.size() == size);
  }
  std::string_view in = two;
  CHECK(wire::take(in));
  CHECK(in == packet);
}

TEST_CASE("an acknowledgement is four bytes", "[bench]") {
  CHECK(wire::puback(0x0102) == std::string("\x40\x02\x01\x02", 4));
}

TEST_CASE("connect and subscribe are as MQTT 3.1.1 writes them", "[bench]") {
  CHECK(wire::connect("c", "u", "p") == std::string("\x10\x13\x00\x04MQTT\x04\xC2\x00\x00\x00\x01"
                                                    "c\x00\x01u\x00\x01p",
                                                    21));
  const std::vector<std::string> filters{"a", "b"};
  CHECK(wire::subscribe(1, filters) == std::string("\x82\x0A\x00\x01\x00\x01"
                                                   "a\x01\x00\x01"
                                                   "b\x01",
                                                   12));
}

TEST_CASE("a message that is cut short is none", "[bench]") {
  CHECK_FALSE(wire::publication({wire::Type::publish, 2, std::string_view("\x00", 1)}));
  CHECK_FALSE(wire::publication({wire::Type::publish, 2, std::string_view("\x00\x05topic", 7)}));
  const auto without_id = wire::publication({wire::Type::publish, 0, std::string_view("\x00\x05topicx", 8)});
  REQUIRE(without_id);
  CHECK(without_id->payload == "x");
  CHECK_FALSE(without_id->packet_id);
}
