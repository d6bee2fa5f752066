#include "device/steps.hpp"

#include "support/catch.hpp"

namespace latchkey::device {
namespace {

const Step ready{"ready", {{"config_version", std::int64_t{3}}, {"config", JsonText{R"({"a":[1]})"}}}};

TEST_CASE("a step is one JSON object on one line") {
  CHECK(to_json(ready) == R"({"step":"ready","config_version":3,"config":{"a":[1]}})");
  CHECK(to_json({"answer", {{"message", std::string("a\nb")}, {"signed", true}}}) ==
        R"({"step":"answer","message":"a\nb","signed":true})");
}

TEST_CASE("a step reads as a sentence for people") {
  CHECK(to_text(ready) == R"(Ready: provisioning complete  config_version=3  config={"a":[1]})");
}

TEST_CASE("no text from the network controls the terminal") {
  CHECK(to_text({"answer", {{"message", std::string("\x1b[2Jhi\n")}}}) == "Answer received  message=?[2Jhi?");
}

}  // namespace
}  // namespace latchkey::device
