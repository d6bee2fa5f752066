#include "gate/statements.hpp"

#include "support/catch.hpp"

namespace latchkey::gate {
namespace {

const std::string salt(32, 'a');
const std::string hash(64, 'b');
const std::string login = "7:0:" + salt + ":" + hash;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int n = 0; n < times; ++n)
    all += text;
  return all;
}

TEST_CASE("Each statement is written as it was read", "[gate]") {
  for (const std::string& line : {
           "d 12 12345 0 " + login,
           std::string("d 0 a:B_c.d-e 1900000000"),
           "d 1 m 0 " + login + " " + login + " " + login + " " + login,
           std::string("s 3 4f3e00 m-1 1900000000"),
           std::string("t 4 0a1b p:plant/${device_id}/telemetry/# p:a s:b/+/c"),
           std::string("t 0 x"),
           std::string("r 18446744073709551615 12345 0a1b"),
           std::string("r 1 12345 -"),
           std::string("hello"),
           std::string("begin 99"),
           std::string("end 0"),
           std::string("file 3 fresh"),
           std::string("file 3 continued"),
           std::string("next"),
           std::string("epoch 5"),
           std::string("open"),
           std::string("f d m-1"),
           std::string("f t 0a1b"),
           std::string("f r m-1"),
           std::string("f s 4f"),
       }) {
    INFO(line);
    const auto statement = read_statement(line);
    REQUIRE(statement);
    CHECK(write_statement(*statement) == line);
  }
}

TEST_CASE("What is not written the one way is no statement", "[gate]") {
  for (const std::string& line : {
           std::string(),
           std::string(" "),
           std::string("x 1"),
           std::string("d"),
           std::string("d 1 m"),
           std::string("d 1 m 0 "),
           std::string("d 1  m 0"),
           std::string("d 01 m 0"),
           std::string("d -1 m 0"),
           std::string("d +1 m 0"),
           std::string("d 18446744073709551616 m 0"),
           std::string("d 1 @admin 0"),
           std::string("d 1 -m 0"),
           "d 1 " + std::string(65, 'm') + " 0",
           "d 1 m 0 " + login + " ",
           "d 1 m 0 " + login + "b",
           "d 1 m 0 7:0:" + salt + ":" + std::string(64, 'B'),
           "d 1 m 0 7:0:" + salt,
           "d 1 m 0 " + login + " " + login + " " + login + " " + login + " " + login,
           std::string("s 1 0f m 1"),
           std::string("s 1 4F m 1"),
           "s 1 " + std::string(41, '1') + " m 1",
           std::string("t 1 x q:a"),
           std::string("t 1 x p"),
           std::string("t 1 x p:"),
           std::string("t 1 x p:a "),
           std::string("t x p:a"),
           std::string("t 1 x p:a b"),
           std::string("t 1 x s:a p:b"),
           std::string("t 1 x p:a//b"),
           std::string("t 1 x p:/a"),
           std::string("t 1 x p:#/a"),
           std::string("t 1 x p:a/b#"),
           std::string("t 1 x p:a+/b"),
           std::string("t 1 x p:$SYS/#"),
           std::string("t 1 x p:a/$share"),
           std::string("t 1 x p:a/${group}"),
           std::string("t 1 x p:x${device_id}"),
           std::string("t 1 x p:a\tb"),
           "t 1 x p:" + std::string(1025, 'a'),
           "t 1 " + std::string(17, 'a') + " p:a",
           "t 1 x" + repeated(" s:a", 33),
           std::string("r 1 m"),
           std::string("r 1 m a b"),
           std::string("hello "),
           std::string("begin"),
           std::string("end -1"),
           std::string("file 1"),
           std::string("f q x"),
           std::string("f d"),
       }) {
    INFO('"' << line << '"');
    CHECK_FALSE(read_statement(line));
  }
}

}  // namespace
}  // namespace latchkey::gate
