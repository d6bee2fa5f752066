#include "link_client.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey::test;

TEST_CASE("a link connects and subscribes again after its broker was killed", "[link]") {
  Broker broker;
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  broker.restart();
  REQUIRE(client.loses());
  REQUIRE(client.becomes_ready(2));
  CHECK(client->ready());
  REQUIRE(client->publish(message("topic", "again")));
  REQUIRE(client.receives(1));
  CHECK(client.received()[0].payload == "again");
}

TEST_CASE("what was queued while the broker was away goes out when it is back", "[link]") {
  Broker broker;
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  broker.kill();
  REQUIRE(client.loses());
  CHECK_FALSE(client->ready());
  for (std::uint64_t i = 1; i <= 3; ++i)
    REQUIRE(client->publish(message("topic", std::to_string(i), i)));
  CHECK_FALSE(client->flush(0ms));
  broker.start();
  REQUIRE(client.becomes_ready(2));
  REQUIRE(client.receives(3));
  CHECK(payloads(client.received()) == std::vector<std::string>{"1", "2", "3"});
  REQUIRE(client->flush(2s));
  CHECK(client.delivered() == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("what was handed over and not acknowledged is sent again on the next connection", "[link]") {
  Broker broker;
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  broker.pause();
  for (std::uint64_t i = 1; i <= 50; ++i)
    REQUIRE(client->publish(message("topic", std::to_string(i), i)));
  CHECK_FALSE(client->flush(100ms));
  broker.restart();
  REQUIRE(client.becomes_ready(2));
  REQUIRE(client->flush(2s));
  std::vector<std::uint64_t> expected(50);
  std::ranges::generate(expected, [i = std::uint64_t{0}]() mutable { return ++i; });
  CHECK(client.delivered() == expected);
  CHECK(client.receives(50));
}

TEST_CASE("a link is ready only when its subscriptions are acknowledged, and publishes only then", "[link]") {
  Broker broker;
  broker.pause();
  Client client(options_for(broker, "client", {"first/#", "second"}));
  REQUIRE(client->publish(message("second", "early")));
  CHECK_FALSE(client.becomes_ready(1, 200ms));
  CHECK_FALSE(client->ready());
  broker.resume();
  REQUIRE(client.becomes_ready());
  REQUIRE(client->publish(message("first/x", "late")));
  REQUIRE(client.receives(2));
  CHECK(payloads(client.received()) == std::vector<std::string>{"early", "late"});
}

TEST_CASE("a broker that is too slow to answer an attempt to connect gets longer for the next one",
          "[link]") {
  Broker broker;
  broker.pause();
  auto options = options_for(broker, "client", {});
  const auto limit = std::make_shared<latchkey::mqtt::AnswerLimit>(1s, 4s);
  options.answer_limit = limit;
  {
    Client client(std::move(options));
    REQUIRE(client.loses(1));
    REQUIRE(client.loses(2));
    CHECK(client.losses()[0].ends_with("does not answer within 1 s"));
    CHECK(client.losses()[1].ends_with("does not answer within 2 s"));
  }
  CHECK(limit->now() == 4s);  // the next link begins with it
  auto next = options_for(broker, "client", {});
  next.answer_limit = limit;
  Client client(std::move(next));
  broker.resume();
  REQUIRE(client.becomes_ready());
  CHECK(limit->now() == 4s);  // it has not answered anything in the usual time yet
  REQUIRE(client->publish(message("topic", "payload")));
  REQUIRE(client->flush(4s));
  CHECK(limit->now() == 1s);
}

TEST_CASE("a broker that is too slow to acknowledge a message gets longer the next time", "[link]") {
  Broker broker;
  auto options = options_for(broker, "client", {});
  const auto limit = std::make_shared<latchkey::mqtt::AnswerLimit>(1s, 4s);
  options.answer_limit = limit;
  Client client(std::move(options));
  REQUIRE(client.becomes_ready());
  broker.pause();
  REQUIRE(client->publish(message("topic", "payload")));
  REQUIRE(client.loses(1, 15s));
  CHECK(client.losses()[0].ends_with("nothing was acknowledged within 10 s"));
  CHECK(limit->now() >= 2s);
}

TEST_CASE("a burst larger than the window goes through without a stall", "[link]") {
  const Broker broker("allow_anonymous true\nmax_inflight_messages 20\n");
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t i = 1; i <= 1000; ++i)
    REQUIRE(client->publish(message("topic", "payload", i)));
  REQUIRE(client->flush(4s));
  CHECK(std::chrono::steady_clock::now() - began < 900ms);
  CHECK(client.delivered().size() == 1000);
}

TEST_CASE("a link is destroyed quickly while its broker hangs", "[link]") {
  Broker broker;
  Client client(options_for(broker, "client", {"topic"}));
  REQUIRE(client.becomes_ready());
  broker.pause();
  for (int i = 0; i < 5000; ++i)
    REQUIRE(client->publish(message("topic", std::string(2000, 'x'))));
  CHECK_FALSE(client->flush(100ms));
  const auto began = std::chrono::steady_clock::now();
  client.close();
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("a link is destroyed quickly while it waits for an answer to its CONNECT", "[link]") {
  Broker broker;
  broker.pause();
  Client client(options_for(broker, "client"));
  CHECK_FALSE(client.becomes_ready(1, 150ms));
  const auto began = std::chrono::steady_clock::now();
  client.close();
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("a broker that is not there, or says no, is a reason that can be read", "[link]") {
  Broker broker("allow_anonymous false\n");
  Client refused(options_for(broker, "client"));
  REQUIRE(refused.loses());
  CHECK(refused.losses()[0].starts_with(broker.url() + ": cannot connect: "));
  CHECK(refused.losses()[0].find("uthorized") != std::string::npos);
  refused.close();
  broker.stop();
  Client nobody(options_for(broker, "client"));
  REQUIRE(nobody.loses());
  CHECK(nobody.losses()[0].starts_with(broker.url() + ": cannot connect: "));
}
