#include "device/attributes.hpp"

#include "support/catch.hpp"

#include <string>

namespace latchkey::device {
namespace {

TEST_CASE("attribute values that read as numbers or booleans are such, others are strings") {
  CHECK(parse_attributes({"model=T1000", "slots=4", "outdoor=true", "note=a=b", "list=[1]", "empty="}) ==
        R"({"empty":"","list":"[1]","model":"T1000","note":"a=b","outdoor":true,"slots":4})");
  CHECK(parse_attributes({}) == "{}");
}

TEST_CASE("a number that no attribute can be stays a text") {
  CHECK(
      parse_attributes(
          {"a=9007199254740991", "b=9007199254740992", "c=1e16", "d=-1e300", "e=12345678901234567890"}) ==
      R"({"a":9007199254740991,"b":"9007199254740992","c":"1e16","d":"-1e300","e":"12345678901234567890"})");
}

TEST_CASE("an attribute without a valid name is refused, and named") {
  for (const std::string pair : {"model", "=x", "Model=x", "1a=x", "a-b=x"}) {
    const auto parsed = parse_attributes({pair});
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().find("'" + pair + "'") != std::string::npos);
  }
}

TEST_CASE("more or longer attributes than the protocol allows are refused") {
  std::vector<std::string> many;
  for (int i = 0; i < 33; ++i)
    many.push_back("a" + std::to_string(i) + "=1");
  CHECK_FALSE(parse_attributes(many).has_value());
  CHECK_FALSE(parse_attributes({"a=" + std::string(2048, 'x')}).has_value());
}

TEST_CASE("the last error is added, cut and printable") {
  CHECK(with_last_error("{}", "") == "{}");
  CHECK(with_last_error(R"({"model":"x"})", "tls\nalert") == R"({"last_error":"tls?alert","model":"x"})");
  CHECK(with_last_error("{}", std::string(200, 'e')) ==
        R"({"last_error":")" + std::string(128, 'e') + R"("})");
}

}  // namespace
}  // namespace latchkey::device
