#include "protocol/rights.hpp"

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::protocol {
namespace {

using Json = nlohmann::json;

std::string written(const std::vector<std::string>& publish, const std::vector<std::string>& subscribe = {}) {
  return Json{{"publish", publish}, {"subscribe", subscribe}}.dump();
}

std::string fault_of(const std::string& json, const Topics& topics = Topics()) {
  const auto parsed = parse_templates(json, topics);
  return parsed ? "" : parsed.error();
}

std::string fault_of_template(const std::string& text, const Topics& topics = Topics()) {
  return fault_of(written({text}), topics);
}

Rights for_id(const std::string& json, std::string_view id) {
  return filled(parse_templates(json, Topics()).value(), DeviceId::parse(id).value());
}

}  // namespace

TEST_CASE("a template is filled in where the id is a whole level") {
  const auto rights = for_id(written({"plant/${device_id}/#", "a/+/${device_id}"}, {"all/#"}), "12345");
  CHECK(rights.publish == std::vector<std::string>{"plant/12345/#", "a/+/12345"});
  CHECK(rights.subscribe == std::vector<std::string>{"all/#"});
  CHECK(for_id("{}", "12345").empty());
}

TEST_CASE("an id is never read as a template") {
  CHECK(for_id(written({"plant/${device_id}/${device_id}"}), "a.b:c").publish.front() == "plant/a.b:c/a.b:c");
}

TEST_CASE("a template that is no topic filter is refused by name") {
  constexpr std::string_view strange =
      " has a level that is neither +, # or ${device_id} nor printable ASCII without space, $, + and #";
  for (const char* text : {"", "/a", "a/", "a//b", "/"})
    CHECK(fault_of_template(text) == "publish: the template " + std::string(text) + " has an empty level");
  CHECK(fault_of_template("a/#/b") == "publish: the template a/#/b has # before its last level");
  for (const char* text :
       {"a/b+", "a#", "a/${device_id}x", "a/${group}", "$SYS/a", "$share/g/a", "a b", "a/\x7f"}) {
    CAPTURE(text);
    CHECK(fault_of_template(text).ends_with(strange));
  }
}

TEST_CASE("no template reaches the topics of the protocol, whatever the device is called") {
  for (const char* text : {"#", "+/#", "devices", "devices/#", "devices/a/status", "+/a/config",
                           "+/${device_id}", "${device_id}/a", "${device_id}/#", "provisioning/#",
                           "provisioning/v1", "+/v1/a", "provisioning/${device_id}/a"}) {
    CAPTURE(text);
    CHECK(fault_of_template(text) ==
          "publish: the template " + std::string(text) + " reaches the topics of the protocol");
  }
  for (const char* text :
       {"plant/#", "device/#", "provisioning/v2/${device_id}", "provisioning", "plant/devices/a"}) {
    CAPTURE(text);
    CHECK(fault_of_template(text).empty());
  }
  CHECK(fault_of_template("devices/#", Topics("join", "d")).empty());
  CHECK_FALSE(fault_of_template("d/#", Topics("join", "d")).empty());
  CHECK(fault_of_template("${device_id}/a", Topics("a@b/c", "@d")).empty());  // no device is called so
}

TEST_CASE("templates beyond their bounds are refused") {
  CHECK(fault_of(written(std::vector<std::string>(33, "a/b"))) ==
        "publish: must be an array of at most 32 strings");
  const std::string levels(1024 - 65, 'a');
  CHECK(fault_of_template(levels + "/${device_id}").empty());
  CHECK(fault_of_template(levels + "a/${device_id}") ==
        "publish and subscribe: for an id of 64 characters they have more than 1024 bytes together");
  CHECK(fault_of("[]") == "the rights: is not a JSON object");
  CHECK(fault_of(R"({"publish":"a"})") == "publish: must be an array of at most 32 strings");
}

}  // namespace latchkey::protocol
