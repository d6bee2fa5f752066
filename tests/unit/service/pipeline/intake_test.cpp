#include "service/pipeline/intake.hpp"

#include "support/catch.hpp"

#include <sstream>

using namespace latchkey;
using namespace latchkey::service;

namespace {

/// An intake in front of so many inboxes, and the log that it writes.
struct Entrance {
  explicit Entrance(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      inboxes.push_back(std::make_unique<Inbox>(1 << 20));
  }

  std::ostringstream said;
  Log log{Log::Options{}, said, [] { return std::chrono::sys_time<std::chrono::milliseconds>(); }};
  protocol::Topics topics;
  std::vector<std::unique_ptr<Inbox>> inboxes;
  Metrics metrics;
  BrokerEcho echo{"devices/@/config"};
  Intake intake{topics, inboxes, metrics, log, echo};
};

mqtt::Delivery request(std::string_view topic, std::string_view payload = "{}") {
  return {.topic = topic, .payload = payload, .correlation_data = "c", .retained = false};
}

}  // namespace

TEST_CASE("a request and a status come in with what belongs to them", "[intake]") {
  Entrance entrance(1);
  entrance.intake.accept(request("provisioning/v1/12345/request"));
  entrance.intake.accept(request("devices/12346/status", "{\"status\":1}"));
  const auto batch = entrance.inboxes[0]->take(9);
  REQUIRE(batch.size() == 2);
  CHECK(batch[0].channel == protocol::Channel::request);
  CHECK(batch[0].device_id.text() == "12345");
  CHECK(batch[0].correlation_data == "c");
  CHECK(batch[1].channel == protocol::Channel::status);
  CHECK(batch[1].payload == "{\"status\":1}");
}

TEST_CASE("what comes in is as old as the broker's last acknowledgement of what was published", "[intake]") {
  using namespace std::chrono_literals;
  Entrance entrance(1);
  const auto handed_over = [&] {
    entrance.intake.accept(request("devices/12346/status"));
    const auto batch = entrance.inboxes[0]->take(1);
    return batch.at(0).handed_over();
  };
  const auto tag_of = [](Steady::time_point sent) {
    return std::uint64_t{1} << 63U | static_cast<std::uint64_t>(sent.time_since_epoch().count());
  };
  const auto start = Steady::now();
  CHECK(handed_over() >= start);  // nothing is known: it is new
  CHECK_FALSE(entrance.echo.delivered(17));
  CHECK(handed_over() >= start);
  CHECK(entrance.echo.delivered(tag_of(start - 3s)));
  CHECK(handed_over() == start - 3s);
  entrance.echo.began();
  CHECK(handed_over() >= start);
  // What an earlier connection left to be published is acknowledged by this one.
  CHECK(entrance.echo.delivered(tag_of(start - 60s)));
  CHECK(handed_over() >= start);
}

TEST_CASE("what cannot be answered is dropped at the entrance", "[intake]") {
  Entrance entrance(1);
  const std::string huge(32769, 'x');
  const std::string large(1025, 'x');
  auto delivery = request("provisioning/v1/12345/request");
  SECTION("retained") {
    delivery.retained = true;
  }
  SECTION("an id that is none") {
    delivery.topic = "provisioning/v1/12 345/request";
  }
  SECTION("somebody else's topic") {
    delivery.topic = "elsewhere/12345/request";
  }
  SECTION("our own answers") {
    delivery.topic = "provisioning/v1/12345/response";
  }
  SECTION("our own configurations") {
    delivery.topic = "devices/12345/config";
  }
  SECTION("too large") {
    delivery.payload = huge;
  }
  SECTION("more correlation data than an answer takes back") {
    delivery.correlation_data = large;
  }
  entrance.intake.accept(delivery);
  entrance.intake.accept(request("provisioning/v1/good/request"));
  const auto batch = entrance.inboxes[0]->take(9);
  REQUIRE(batch.size() == 1);
  CHECK(batch[0].device_id.text() == "good");
}

TEST_CASE("a request that is too large, but not absurdly, comes in to be told so", "[intake]") {
  Entrance entrance(1);
  const std::string large(17000, '{');
  entrance.intake.accept(request("provisioning/v1/12345/request", large));
  CHECK(entrance.inboxes[0]->take(9).size() == 1);
}

TEST_CASE("correlation data of 1 KiB comes in, more is counted and said", "[intake]") {
  Entrance entrance(1);
  auto delivery = request("provisioning/v1/12345/request");
  const std::string most(1024, 'x');
  delivery.correlation_data = most;
  entrance.intake.accept(delivery);
  CHECK(entrance.inboxes[0]->take(9).at(0).correlation_data == most);
  const std::string more = most + "x";
  delivery.correlation_data = more;
  entrance.intake.accept(delivery);
  CHECK(entrance.said.str().find("dropped: correlation data above 1 KiB") != std::string::npos);
  CHECK(entrance.metrics.text().find(R"(latchkey_messages_dropped_total{reason="too_large"} 1)") !=
        std::string::npos);
}

TEST_CASE("a full inbox drops, and the log says so once", "[intake]") {
  Entrance entrance(1);
  entrance.inboxes[0]->close();
  for (int i = 0; i < 3; ++i)
    entrance.intake.accept(request("provisioning/v1/12345/request"));
  const auto text = entrance.said.str();
  CHECK(text.find("dropped: the inbox is full") != std::string::npos);
  CHECK(text.find("dropped: the inbox is full") == text.rfind("dropped: the inbox is full"));
}

TEST_CASE("all messages of a device go to one worker, and the devices to all of them", "[intake]") {
  Entrance entrance(4);
  const auto send = [&](std::string_view id) {
    entrance.intake.accept(request("provisioning/v1/" + std::string(id) + "/request"));
    entrance.intake.accept(request("devices/" + std::string(id) + "/status"));
  };
  for (int i = 0; i < 100; ++i)
    send(std::to_string(i));
  for (const auto& inbox : entrance.inboxes) {
    const auto batch = inbox->take(200);
    REQUIRE(!batch.empty());
    REQUIRE(batch.size() % 2 == 0);
    for (std::size_t i = 0; i < batch.size(); i += 2)
      CHECK(batch[i].device_id == batch[i + 1].device_id);
  }
}

TEST_CASE("the log shows a bad topic, escaped and cut, and of many one", "[intake]") {
  Entrance entrance(1);
  entrance.intake.accept(request("provisioning/v1/a\nb\x1B[2J/request"));
  const auto first = entrance.said.str();
  CHECK(first.contains(R"("topic":"provisioning/v1/a\nb\u001b[2J/request")"));
  for (int i = 0; i < 100; ++i)
    entrance.intake.accept(request("provisioning/v1/+" + std::to_string(i) + "/request"));
  CHECK(entrance.said.str() == first);
  Entrance other(1);
  other.intake.accept(request(std::string(60000, 'y')));
  CHECK(other.said.str().contains("\"topic\":\"yyy"));
  CHECK(other.said.str().size() < 400);
}
