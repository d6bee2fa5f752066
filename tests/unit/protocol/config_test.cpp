#include "protocol/configuration.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {
namespace {

using namespace fixtures;

std::string member(std::string_view value) {
  return "{\"m\":" + std::string(value) + "}";
}

std::string expanded(std::string_view config, std::string_view attributes = "{}") {
  const auto text = expand_config(config, device(), attributes);
  return text ? *text : "error: " + text.error();
}

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 1; i < depth; ++i)
    text += "{\"a\":";
  return text + "{}" + std::string(depth - 1, '}');
}

}  // namespace

TEST_CASE("configs merge by RFC 7396, appendix A") {
  struct Row {
    std::string_view original, patch, result;
  };
  const Row objects[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  // Where the RFC's documents are no objects, and all others again: as a member.
  const Row values[] = {
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
  };
  for (const auto& row : objects) {
    CAPTURE(row.original, row.patch);
    CHECK(merge_config(row.original, row.patch) == row.result);
    CHECK(merge_config(member(row.original), member(row.patch)) == member(row.result));
  }
  for (const auto& row : values) {
    CAPTURE(row.original, row.patch);
    CHECK(merge_config(member(row.original), member(row.patch)) == member(row.result));
  }
  CHECK(merge_config(member(R"({"a":"foo"})"), member("null")) == "{}");
}

TEST_CASE("an empty config is an empty object") {
  CHECK(merge_config("", "") == "{}");
  CHECK(merge_config(R"({"a":1})", "") == R"({"a":1})");
  CHECK(merge_config("", R"({"a":1,"b":null})") == R"({"a":1})");
  CHECK(expanded("") == "{}");
}

TEST_CASE("a layer that is no config is not lost in a merge, but shows when the result is filled in") {
  for (const auto* bad : {"[1]", "{\"a\":", "{\"a\":1,\"a\":2}", "{\"a\":99999999999999999999}"}) {
    CAPTURE(bad);
    CHECK(
        expanded(merge_config(merge_config(R"({"a":1})", bad), R"({"b":1})")).starts_with("error: config: "));
    CHECK(expanded(merge_config(bad, R"({"b":1})")).starts_with("error: config: "));
  }
}

TEST_CASE("names are filled in inside string values") {
  CHECK(expanded(R"({"a":"x/${device_id}/y","b":["${device_id}${device_id}",{"c":"${device_id}"}],"d":1})") ==
        R"({"a":"x/12345/y","b":["1234512345",{"c":"12345"}],"d":1})");
  CHECK(expanded(R"({"a":"${attribute.s} ${attribute.n} ${attribute.f} ${attribute.b}"})",
                 R"({"s":"q\"\\é","n":-7,"f":0.5,"b":false})") == R"({"a":"q\"\\é -7 0.5 false"})");
}

TEST_CASE("keys are not filled in, nor is text that was filled in") {
  CHECK(expanded(R"({"${device_id}":1})") == R"({"${device_id}":1})");
  CHECK(expanded(R"({"a":"${attribute.x}"})", R"({"x":"${device_id}","y":1})") == R"({"a":"${device_id}"})");
  CHECK(expanded(R"({"a":"${attribute.x}y}"})", R"({"x":"${attribute."})") == R"({"a":"${attribute.y}"})");
}

TEST_CASE("what is no complete name stays as it is") {
  for (const auto* text : {R"({"a":"$"})", R"({"a":"${"})", R"({"a":"${device_id"})",
                           R"({"a":"$device_id}"})", R"({"a":"$ {device_id}"})", R"({"a":"costs 5$"})"})
    CHECK(expanded(text) == text);
  CHECK(expanded(R"({"a":"$${device_id}${"})") == R"({"a":"$12345${"})");
}

TEST_CASE("an unknown name is the error") {
  const std::pair<std::string_view, std::string_view> table[] = {
      {R"({"a":"${serial}"})", "error: serial"},
      {R"({"a":["ok ${device_id}",["${attribute.room}"]]})", "error: attribute.room"},
      {R"({"a":"${attribute.}"})", "error: attribute."},
      {R"({"a":"${property..model}"})", "error: property..model"},
      {R"({"a":"${}"})", "error: "},
      {R"({"a":"${Device_id}"})", "error: Device_id"},
      {R"({"a":"${attribute.model.x}"})", "error: attribute.model.x"},
      {R"({"a":"${\u001b[2J}"})", "error: ?[2J"},
  };
  for (const auto& [config, error] : table) {
    CAPTURE(config);
    CHECK(expanded(config, R"({"model":"a"})") == error);
  }
}

TEST_CASE("a config cannot grow beyond its limit by being filled in") {
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "${attribute.x}";
  CHECK(expanded(member('"' + many + '"'), R"({"x":")" + std::string(1000, 'x') + R"("})") ==
        "error: config: is larger than 3072 bytes");
}

TEST_CASE("what operators store is checked and made compact") {
  CHECK(check_config(" {}").error() == "config: is not a JSON object");
  CHECK(check_config("{ \"a\" : [ 1 ] }\n").value() == R"({"a":[1]})");
  CHECK(check_config("").error() == "config: is not a JSON object");
  CHECK(check_config("[]").error() == "config: is not a JSON object");
  CHECK(check_config(R"({"a":1,"a":2})").error() == "config: has a twice");
  CHECK(check_config(R"({"a":"\u0000"})").error() == "config: has U+0000 in a");
  CHECK(check_config(nested(8)));
  CHECK(check_config(nested(9)).error() == "config: is deeper than 8");
  CHECK(check_config(member('"' + std::string(3064, 'x') + '"')).value().size() == 3072);
  CHECK(check_config(member('"' + std::string(3065, 'x') + '"')).error() ==
        "config: is larger than 3072 bytes");
}

TEST_CASE("a config may have more keys than a request") {
  Json many;
  for (int i = 0; i < 300; ++i)
    many["k" + std::to_string(i)] = 0;
  CHECK(check_config(many.dump()));
}

}  // namespace latchkey::protocol
