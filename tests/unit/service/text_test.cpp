#include "service/cli/text.hpp"

#include "support/catch.hpp"

namespace latchkey::cli {
namespace {

TEST_CASE("a text for a terminal has no control character, and all others", "[output]") {
  CHECK(without_controls("plain äöü € 😀") == "plain äöü € 😀");
  CHECK(without_controls("a\x1b[2J\xc2\x9b\x7f\nb") == "a [2J    b");
  CHECK(without_controls("a\nb\tc\x1b", "\n\t") == "a\nb\tc ");
}

TEST_CASE("bytes that are no UTF-8 do not reach a terminal", "[output]") {
  CHECK(without_controls("a\x9b"
                         "b") == "a?b");  // a C1 control in ISO 8859
  CHECK(without_controls("cut \xe2\x82") == "cut ??");
  CHECK(without_controls("\xc0\x80\xff") == "???");
  CHECK(without_controls("\xc2") == "?");
}

}  // namespace
}  // namespace latchkey::cli
