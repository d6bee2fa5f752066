#include "device/reading.hpp"

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::device {
namespace {

using std::chrono::seconds;

TEST_CASE("a reading goes to the first filter, with each wildcard replaced by the level reading") {
  CHECK(reading_topic({"plant/12345/telemetry/#", "other"}) == "plant/12345/telemetry/reading");
  CHECK(reading_topic({"plant/+/12345/+"}) == "plant/reading/12345/reading");
  CHECK(reading_topic({"plant/12345"}) == "plant/12345");
}

TEST_CASE("without a filter there is no reading") {
  CHECK_FALSE(reading_topic({}).has_value());
}

TEST_CASE("the interval comes from the configuration, in whole seconds of a day at most") {
  CHECK(reading_interval(R"({"report_interval_s":1})") == seconds(1));
  CHECK(reading_interval(R"({"report_interval_s":86400})") == seconds(86400));
  for (const auto* config : {"{}", R"({"report_interval_s":0})", R"({"report_interval_s":86401})",
                             R"({"report_interval_s":-1})", R"({"report_interval_s":"1"})",
                             R"({"report_interval_s":1.5})", R"({"report_interval_s":null})", "[]", ""}) {
    CAPTURE(config);
    CHECK_FALSE(reading_interval(config).has_value());
  }
}

TEST_CASE("a reading has its number and this machine's load") {
  const auto reading = nlohmann::json::parse(encode_reading(7));
  CHECK(reading.size() == 2);
  CHECK(reading["number"] == 7);
  CHECK(reading["load"].get<double>() >= 0);
}

}  // namespace
}  // namespace latchkey::device
