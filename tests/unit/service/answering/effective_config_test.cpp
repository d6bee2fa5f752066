#include "service/answering/resolution.hpp"
#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

using namespace latchkey;
using registry::Configured;

namespace {

registry::Enrolment with(std::string config, std::int64_t layers = 1, std::string endpoint = {}) {
  registry::Enrolment enrolment;
  enrolment.config = std::move(config);
  enrolment.layers = layers;
  enrolment.endpoint = std::move(endpoint);
  return enrolment;
}

service::Effective after(const Configured& before, const registry::Enrolment& enrolment,
                         std::string_view attributes = "{}", bool can_open = true) {
  return service::effective_config(service::fixtures::device(), enrolment, before, attributes, can_open);
}

/// After a first one that went well.
Configured first(std::string config = R"({"a":1})") {
  return after(Configured(), with(std::move(config))).configured;
}

}  // namespace

TEST_CASE("the first configuration of a device is version 1", "[effective]") {
  const auto made = after(Configured(), with(R"({"topic":"plant/${device_id}"})", 4));
  CHECK(made.config == R"({"topic":"plant/12345"})");
  CHECK(made.configured.version == 1);
  CHECK(made.configured.layers == 4);
  CHECK(made.configured.fault.empty());
}

TEST_CASE("a version stands for what there is to apply", "[effective]") {
  struct Row {
    registry::Enrolment now;
    std::int64_t version;
  };
  const Row rows[] = {
      {with(R"({"a":1})", 1), 1},
      {with(R"({ "a" : 1 })", 2), 1},  // a layer changed, and nothing for this device
      {with(R"({"a":2})", 2), 2},
      {with("{}", 2), 2},
      {with(R"({"a":1})", 2, R"({"host":"b","port":8883,"tls":true})"), 2},
  };
  for (const auto& row : rows) {
    CAPTURE(row.now.config, row.now.endpoint);
    const auto made = after(first(), row.now);
    CHECK(made.configured.version == row.version);
    CHECK(made.configured.layers == row.now.layers);
    CHECK(made.configured.endpoint.has_value() == !row.now.endpoint.empty());
    CHECK(after(made.configured, row.now).configured == made.configured);
  }
}

TEST_CASE("rights that change are another version, and no rights are as if none were ever set",
          "[effective]") {
  auto enrolment = with(R"({"a":1})", 2);
  enrolment.rights = "";
  CHECK(after(first(), enrolment).configured.version == 1);
  enrolment.rights = R"({"publish": ["a/${device_id}"], "subscribe": []})";
  const auto given = after(first(), enrolment).configured;
  CHECK(given.version == 2);
  CHECK(after(given, enrolment).configured == given);
  enrolment.rights = R"({"publish": ["b/${device_id}"], "subscribe": []})";
  CHECK(after(given, enrolment).configured.version == 3);
}

TEST_CASE("a connection has the rights of the enrolment, filled in, and none that this service cannot give",
          "[effective]") {
  const protocol::Topics topics;
  const auto rights_of = [&](std::string_view rights) {
    const auto made =
        service::connection_for({.host = "h", .anchors = {}}, topics, service::fixtures::device(),
                                protocol::CredentialType::x509, {}, rights);
    return std::pair(made.publish, made.subscribe);
  };
  using Filters = std::vector<std::string>;
  const char* const text = R"({"publish": ["plant/${device_id}/#"], "subscribe": ["news"]})";
  CHECK(rights_of(text) == std::pair(Filters{"plant/12345/#"}, Filters{"news"}));
  CHECK(rights_of("") == std::pair(Filters(), Filters()));
  CHECK(rights_of(R"({"publish": ["devices/${device_id}/#"]})") == std::pair(Filters(), Filters()));
  CHECK(rights_of(text) == std::pair(Filters{"plant/12345/#"}, Filters{"news"}));
}

TEST_CASE("an attribute that changes is another version where it is named", "[effective]") {
  const auto named = with(R"({"image":"${attribute.model}.bin"})");
  const auto before = after(Configured(), named, R"({"model":"A"})").configured;
  CHECK(after(before, named, R"({"model":"A","firmware":2})").configured == before);
  const auto now = after(before, named, R"({"model":"B"})");
  CHECK(now.configured.version == 2);
  CHECK(now.config == R"({"image":"B.bin"})");
}

TEST_CASE("what cannot be sent says why and leaves the version", "[effective]") {
  const auto before = first();
  const auto unknown = after(before, with(R"({"a":"${attribute.model}"})", 2));
  CHECK_FALSE(unknown.config);
  CHECK(unknown.configured.fault == "${attribute.model} has no value");
  CHECK(unknown.configured.version == 1);
  CHECK(unknown.configured.layers == 2);
  CHECK(unknown.configured.digest == before.digest);
  const auto large = after(before, with(R"({"a":"${attribute.x}${attribute.x}"})", 2),
                           R"({"x":")" + std::string(1600, 'x') + R"("})");
  CHECK(large.configured.fault == "config: is larger than 3072 bytes");
  // As it was before: nothing new to apply.
  CHECK(after(unknown.configured, with(R"({"a":1})", 3)).configured.version == 1);
  CHECK(after(unknown.configured, with(R"({"a":2})", 3)).configured.version == 2);
}

TEST_CASE("a first configuration that could not be sent is version 2 once it can", "[effective]") {
  const auto named = with(R"({"a":"${attribute.model}"})");
  const auto unknown = after(Configured(), named).configured;
  CHECK(unknown.version == 1);
  CHECK(after(unknown, named, R"({"model":"A"})").configured.version == 2);
}

TEST_CASE("what has to be sealed needs a key to seal it for", "[effective]") {
  auto sealed = with(R"({"pin":1})");
  sealed.policy.sealing = registry::Sealing::always;
  CHECK(after(Configured(), sealed).config == R"({"pin":1})");
  CHECK(after(Configured(), sealed, "{}", false).configured.fault ==
        "it must be sealed, but the device has no key that it can open it with");
  sealed.config = "{}";
  CHECK(after(Configured(), sealed, "{}", false).config == "{}");
}

TEST_CASE("rights are judged by the roots in force, whatever was judged before", "[effective]") {
  const auto publishes = [](const protocol::Topics& topics) {
    return service::connection_for({}, topics, service::fixtures::device(),
                                   protocol::CredentialType::password, "",
                                   R"({"publish":["plant/${device_id}"],"subscribe":[]})")
        .publish.size();
  };
  CHECK(publishes(protocol::Topics()) == 1);
  CHECK(publishes(protocol::Topics("provisioning/v1", "plant")) == 0);
  CHECK(publishes(protocol::Topics("plant", "devices")) == 0);
  CHECK(publishes(protocol::Topics()) == 1);
}
