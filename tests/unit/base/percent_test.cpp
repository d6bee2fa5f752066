#include "base/percent.hpp"

#include "support/catch.hpp"

using namespace latchkey;

TEST_CASE("only unreserved characters stay as they are", "[percent]") {
  std::string text = "label=";
  append_percent_encoded(text, "Az09-._~ %&=/\xC3\xBC");
  CHECK(text == "label=Az09-._~%20%25%26%3D%2F%C3%BC");
}
