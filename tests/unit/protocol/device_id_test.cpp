#include "protocol/device_id.hpp"

#include "support/catch.hpp"

namespace latchkey::protocol {

TEST_CASE("a device id is 1 to 64 characters of its alphabet, a letter or digit first") {
  for (const std::string text : {"12345", "a", "0", "AA:BB:cc:00:11:22", "SN.2024_07-x", "Z"}) {
    CAPTURE(text);
    const auto id = DeviceId::parse(text);
    REQUIRE(id);
    CHECK(id->text() == text);
  }
  CHECK(DeviceId::parse(std::string(64, 'x')));
}

TEST_CASE("nothing else is a device id") {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv,    "."sv,    "_a"sv, ":a"sv,  "-a"sv,       "a/b"sv,   "a+"sv, "#"sv,  "$SYS"sv, "a b"sv,
        "a\n"sv, "a\0b"sv, "\0"sv, "a@2"sv, "\xC3\xA9"sv, "a\xFF"sv, "a`"sv, "a["sv, "a{"sv,   "a;"sv}) {
    CAPTURE(text);
    CHECK_FALSE(DeviceId::parse(text));
  }
  CHECK_FALSE(DeviceId::parse(std::string(65, 'x')));
}

TEST_CASE("what is no device id is told which rule it breaks") {
  CHECK(fault_of_id("12345").empty());
  CHECK(fault_of_id("") == "it is empty");
  CHECK(fault_of_id("a b") == "it has a space: letters, digits and . _ : - only");
  CHECK(fault_of_id("a/b") == "it has /: letters, digits and . _ : - only");
  CHECK(fault_of_id("a\n") == "it has the byte 0x0a: letters, digits and . _ : - only");
  CHECK(fault_of_id("-a") == "it begins with -, and not with a letter or digit");
  CHECK(fault_of_id(std::string(65, 'x')) == "it has 65 characters: 64 at most");
}

TEST_CASE("device ids are compared case-sensitively") {
  CHECK(DeviceId::parse("ab") != DeviceId::parse("AB"));
  CHECK(DeviceId::parse("ab") == DeviceId::parse("ab"));
}

}  // namespace latchkey::protocol
