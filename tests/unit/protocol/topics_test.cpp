#include "protocol/topics.hpp"

#include "support/catch.hpp"

namespace latchkey::protocol {
namespace {

const auto id = DeviceId::parse("12345").value();

struct Row {
  Channel channel;
  std::string topic;
  std::string filter;
};
const std::vector<Row> rows{
    {Channel::request, "provisioning/v1/12345/request", "provisioning/v1/+/request"},
    {Channel::response, "provisioning/v1/12345/response", "provisioning/v1/+/response"},
    {Channel::status, "devices/12345/status", "devices/+/status"},
    {Channel::config, "devices/12345/config", "devices/+/config"},
};

}  // namespace

TEST_CASE("each channel of a device has its topic, and the topic names both again") {
  const Topics topics;
  for (const auto& row : rows) {
    CHECK(topics.of(row.channel, id) == row.topic);
    CHECK(topics.filter(row.channel) == row.filter);
    const auto address = topics.parse(row.topic);
    REQUIRE(address);
    CHECK(address->channel == row.channel);
    CHECK(address->device_id == id);
  }
  CHECK(topics.device_prefix(id) == "devices/12345");
}

TEST_CASE("roots are configurable") {
  const Topics topics("plant/7/join", "d");
  CHECK(topics.of(Channel::request, id) == "plant/7/join/12345/request");
  CHECK(topics.of(Channel::config, id) == "d/12345/config");
  CHECK(topics.parse("plant/7/join/12345/request"));
  CHECK_FALSE(topics.parse("provisioning/v1/12345/request"));
  CHECK(topics.device_prefix(id) == "d/12345");
}

TEST_CASE("a topic of another shape is foreign") {
  const Topics topics;
  for (const auto* topic :
       {"", "/", "request", "provisioning/v1/12345", "provisioning/v1/request", "provisioning/v1/12345/other",
        "provisioning/v1/12345/request/", "/provisioning/v1/12345/request", "provisioning/v1/1/2/request",
        "provisioning/v112345/request", "provisioning/v1/12345request", "xprovisioning/v1/12345/request",
        "provisioning/v1/12345/status", "devices/12345/request", "devices/12345/statusx", "$SYS/broker/load",
        "provisioning/V1/12345/request", "provisioning/v1request"}) {
    CAPTURE(topic);
    const auto address = topics.parse(topic);
    REQUIRE_FALSE(address);
    CHECK(address.error() == TopicFault::foreign);
  }
}

TEST_CASE("a topic of ours with an id that is none is told apart") {
  const Topics topics;
  using namespace std::string_view_literals;
  for (const auto topic :
       {"provisioning/v1//request"sv, "provisioning/v1/+/request"sv, "provisioning/v1/@service/request"sv,
        "devices/a b/status"sv, "devices/a\0b/status"sv}) {
    CAPTURE(topic);
    const auto address = topics.parse(topic);
    REQUIRE_FALSE(address);
    CHECK(address.error() == TopicFault::invalid_id);
  }
}

TEST_CASE("a root that would break topics or filters is not valid") {
  for (const auto* root : {"provisioning/v1", "devices", "a", "plant-7/x_y.z"})
    CHECK(Topics::valid_root(root));
  for (const auto* root :
       {"", "/", "/a", "a/", "a//b", "$SYS", "a/$b", "a/+", "a/#", "+", "a b", "a\x7F", "\xC3\xA9", "a\n"}) {
    CAPTURE(root);
    CHECK_FALSE(Topics::valid_root(root));
  }
  CHECK(Topics::valid_root(std::string(200, 'a')));
  CHECK_FALSE(Topics::valid_root(std::string(201, 'a')));
  CHECK_FALSE(Topics::valid_root(std::string_view("a\0b", 3)));
}

}  // namespace latchkey::protocol
