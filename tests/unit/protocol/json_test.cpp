#include "protocol/json.hpp"

#include "support/catch.hpp"

#include <chrono>

namespace latchkey::protocol::json {
namespace {

/// What is wrong with a text, "" if nothing is.
std::string fault(std::string_view text, Bounds bounds = message_bounds) {
  const auto value = parse(text, bounds);
  return value ? "" : value.error();
}

std::string nested(std::size_t depth) {
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

std::string with_keys(std::size_t count) {
  std::string text = "{\"o\":{";
  for (std::size_t i = 1; i < count; ++i)
    text += (i > 1 ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  return text + "}}";
}

}  // namespace

TEST_CASE("a JSON document is an object from its first byte on") {
  CHECK(fault("{}").empty());
  CHECK(fault("{} \r\n\t").empty());
  for (const auto* text : {"", " {}", "\xEF\xBB\xBF{}", "[]", "\"a\"", "1", "null", "\n{}"})
    CHECK(fault(text) == "is not a JSON object");
}

TEST_CASE("what is not JSON is refused with the place") {
  for (const auto* text :
       {"{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\":01}",
        "{\"a\":\"\xFF\"}", "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\n\"}", "{\"a\":NaN}", "{/**/}", "{\"a\":tru}"}) {
    CAPTURE(text);
    CHECK(fault(text).starts_with("is not valid JSON at byte "));
  }
}

TEST_CASE("bytes after the object are refused by name, with the place") {
  using namespace std::string_view_literals;
  for (const auto text :
       {"{}x"sv, "{}{}"sv, "{}\0"sv, "{}\0garbage"sv, "{}}"sv, "{},"sv, "{}1e999"sv, "{}\xFF"sv}) {
    CAPTURE(text);
    CHECK(fault(text) == "has bytes after its end at byte 2");
  }
  CHECK(fault(R"({"a":{"}":"\"}"}} x)") == "has bytes after its end at byte 17");
}

TEST_CASE("a NUL does not end a document early, nor hide in a string") {
  using namespace std::string_view_literals;
  CHECK(fault("{\"a\0\":1}"sv) == "is not valid JSON: byte 4 is a NUL");
  CHECK(fault("{\"a\":1"sv) != fault("{\"a\":1\0}"sv));
  CHECK(fault(R"({"a":"x\u0000y"})") == "has U+0000 in a");
  CHECK(fault(R"({"a\u0000":1})") == "has U+0000 in a name");
  CHECK(fault(R"({"a":["\u0000"]})") == "has U+0000 in a");
  CHECK(fault(R"({"a":"x\u0001y"})").empty());
}

TEST_CASE("a key twice is refused at every level") {
  CHECK(fault(R"({"a":1,"a":1})") == "has a twice");
  CHECK(fault(R"({"o":{"b_1":1,"c":2,"b_1":null}})") == "has b_1 twice");
  CHECK(fault(R"({"o":[{"a":1,"\u0061":2}]})") == "has a twice");
  CHECK(fault(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})").empty());
}

TEST_CASE("a key is repeated in a fault only if it looks like one of ours") {
  CHECK(fault("{\"\x1B[2J\":1,\"\x1B[2J\":1}").starts_with("is not valid JSON"));
  CHECK(fault(R"({"\u001b[2J":1,"\u001b[2J":1})") == "has a member twice");
  CHECK(fault(R"({"":1,"":1})") == "has a member twice");
  CHECK(fault(R"({"A":1,"A":1})") == "has a member twice");
  const std::string longest(33, 'a');
  CHECK(fault("{\"" + longest + "\":1,\"" + longest + "\":1}") == "has a member twice");
}

TEST_CASE("depth is bounded, the outermost object being 1") {
  CHECK(fault(nested(8)).empty());
  CHECK(fault(nested(9)) == "is deeper than 8");
  CHECK(fault(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}})").empty());
  CHECK(fault(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}})") == "is deeper than 8");
  CHECK(fault(nested(9), answer_bounds).empty());
  CHECK(fault(nested(10), answer_bounds) == "is deeper than 9");
}

TEST_CASE("keys are counted over all levels") {
  CHECK(fault(with_keys(64)).empty());
  CHECK(fault(with_keys(65)) == "has more than 64 keys");
}

TEST_CASE("a hundred thousand brackets are refused at once") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(fault("{\"a\":" + std::string(100'000, '[')) == "is deeper than 8");
  std::string objects = "{";
  for (int i = 0; i < 100'000; ++i)
    objects += "\"a\":{";
  CHECK(fault(objects) == "is deeper than 8");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(500));
}

TEST_CASE("integers end at 2^53-1 on both sides, in every notation that is an integer") {
  CHECK(fault(R"({"a":9007199254740991,"b":-9007199254740991})").empty());
  for (const auto* number :
       {"9007199254740992", "-9007199254740992", "18446744073709551615", "18446744073709551616",
        "-9223372036854775808", "-99999999999999999999999", "100000000000000000000000000"}) {
    CAPTURE(number);
    CHECK(fault("{\"a\":" + std::string(number) + "}") == "has an integer beyond 2^53-1 in a");
  }
}

TEST_CASE("numbers that are no finite double are refused") {
  CHECK(fault(R"({"a":1e308,"b":1.5,"c":-2E-3,"d":1e-400})").empty());
  CHECK(fault(R"({"a":1e309})") == "has a number beyond a double in a");
  CHECK(fault(R"({"a":-1e999})") == "has a number beyond a double in a");
}

TEST_CASE("values survive parsing and writing") {
  const std::string text = R"({"a":[1,-2,0.5,"x",true,false,null,{},[]],"b":{"c":"é\n\"\\"}})";
  CHECK(write(parse(text, message_bounds).value()) == text);
  CHECK(write(parse(R"({ "a" : [ [ 1 ] , [ 2 , { "b" : 3 } ] ] })", message_bounds).value()) ==
        R"({"a":[[1],[2,{"b":3}]]})");
}

TEST_CASE("what was read before a fault is there") {
  Value value;
  CHECK_FALSE(parse_into(value, R"({"a":"x","b":[1,)", message_bounds));
  CHECK(value["a"] == "x");
}

TEST_CASE("a member is added to an object's text") {
  std::string object = R"({"a":1})";
  append_member(object, "b", "[2]");
  CHECK(object == R"({"a":1,"b":[2]})");
}

TEST_CASE("characters are counted, not bytes") {
  CHECK(count_characters("") == 0);
  CHECK(count_characters("abc") == 3);
  CHECK(count_characters("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == 3);
}

TEST_CASE("text for people is made printable and cut") {
  CHECK(printable("plain ~ text") == "plain ~ text");
  CHECK(printable("a\nb\x1B[0m\x7F\xC3\xA9") == "a?b?[0m???");
  CHECK(printable(std::string(300, 'a')).size() == 200);
}

}  // namespace latchkey::protocol::json
