#include "service/observability/log.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace latchkey::service;

namespace {

struct Recorder {
  explicit Recorder(Log::Options options) : log(options, out, [this] { return now; }) {}
  std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::seconds(1700000000)};
  std::ostringstream out;
  Log log;
  std::string take() {
    const std::string text = out.str();
    out.str("");
    return text;
  }
};

constexpr Log::Options json{.level = Log::Level::info, .format = Log::Format::json, .colour = false};
constexpr Log::Options text{.level = Log::Level::info, .format = Log::Format::text, .colour = false};

}  // namespace

TEST_CASE("a JSON line has time, level, message and its fields", "[log]") {
  Recorder recorder(json);
  recorder.log.info("answered",
                    {{"device_id", "12345"}, {"count", std::int64_t{3}}, {"ms", 1.5}, {"repeat", true}});
  CHECK(
      recorder.take() ==
      R"({"ts":"2023-11-14T22:13:20.000Z","level":"info","msg":"answered","device_id":"12345","count":3,"ms":1.5,"repeat":true})"
      "\n");
}

TEST_CASE("a text line is for reading", "[log]") {
  Recorder recorder(text);
  recorder.log.warning("broker \"b\" away",
                       {{"reason", "connection refused"}, {"device_id", "12345"}, {"empty", ""}});
  CHECK(recorder.take() ==
        "2023-11-14T22:13:20.000Z warning broker \"b\" away reason=\"connection refused\" device_id=12345 "
        "empty=\"\"\n");
}

TEST_CASE("whatever a text holds, it stays one line and commands no terminal", "[log]") {
  const std::string nasty = "a\nb\r\x1b[31m\x7f\xc2\x9b\xff\"\\";
  for (const auto& options : {json, text}) {
    Recorder recorder(options);
    recorder.log.info(nasty, {{"value", nasty}});
    const auto line = recorder.take();
    CHECK(std::ranges::count(line, '\n') == 1);
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(line.find('\r') == std::string::npos);
  }
}

TEST_CASE("what is no number is null in JSON", "[log]") {
  Recorder recorder(json);
  recorder.log.info("x", {{"value", std::nan("")}});
  CHECK(recorder.take().contains("\"value\":null"));
}

TEST_CASE("what is below the level is not written", "[log]") {
  Recorder recorder(json);
  recorder.log.debug("x");
  CHECK(recorder.take().empty());
}

TEST_CASE("a repeated warning is written once and summed up after ten seconds", "[log]") {
  Recorder recorder(text);
  for (int i = 0; i < 5; ++i)
    recorder.log.warning("away", {{"reason", "refused"}});
  CHECK(std::ranges::count(recorder.take(), '\n') == 1);
  recorder.now += std::chrono::seconds(10);
  recorder.log.info("else");
  const auto lines = recorder.take();
  CHECK(lines.contains("away reason=refused repeated=4\n"));
  CHECK(lines.contains("else"));
}

TEST_CASE("warnings with other fields and lines for information are no repeats", "[log]") {
  Recorder recorder(text);
  recorder.log.warning("away", {{"device_id", "1"}});
  recorder.log.warning("away", {{"device_id", "2"}});
  recorder.log.info("same");
  recorder.log.info("same");
  CHECK(std::ranges::count(recorder.take(), '\n') == 4);
}

TEST_CASE("of what one device makes the service say ten lines are written within ten seconds, and a number",
          "[log]") {
  Recorder recorder(text);
  for (int i = 0; i < 1000; ++i)
    recorder.log.info("answered", {{"device_id", "12345"}, {"took_us", std::int64_t{i}}});
  recorder.log.info("answered", {{"device_id", "other"}});
  recorder.log.info("a status does not count", {{"device_id", "12345"}});
  CHECK(std::ranges::count(recorder.take(), '\n') == 12);
  recorder.now += std::chrono::seconds(10);
  recorder.log.info("answered", {{"device_id", "12345"}, {"took_us", std::int64_t{7}}});
  const auto lines = recorder.take();
  CHECK(lines.contains("answered device_id=12345 repeated=990\n"));
  CHECK(lines.contains("answered device_id=12345 took_us=7\n"));
}

TEST_CASE("warnings about one device are one, whatever else they say", "[log]") {
  Recorder recorder(text);
  for (int i = 0; i < 1000; ++i)
    recorder.log.warning("a status was dropped", {{"device_id", "12345"}, {"detail", std::to_string(i)}});
  CHECK(std::ranges::count(recorder.take(), '\n') == 1);
  recorder.now += std::chrono::seconds(10);
  recorder.log.info("else");
  CHECK(recorder.take().contains("a status was dropped device_id=12345 repeated=999\n"));
}

TEST_CASE("many different warnings do not fill the memory: the oldest is forgotten", "[log]") {
  Recorder recorder(text);
  recorder.log.warning("first");
  recorder.log.warning("first");
  for (int i = 0; i < 5000; ++i)
    recorder.log.warning("other", {{"n", std::int64_t{i}}});
  CHECK(recorder.take().contains("first repeated=1\n"));
  recorder.log.warning("first");
  CHECK(recorder.take().contains("first\n"));
}

TEST_CASE("what is still to be summed up is written at the end", "[log]") {
  std::ostringstream out;
  {
    Log log(text, out, [] { return std::chrono::sys_time<std::chrono::milliseconds>{}; });
    log.error("bad");
    log.error("bad");
  }
  CHECK(out.str().contains("bad repeated=1"));
}
