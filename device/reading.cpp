#include "device/reading.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>

namespace latchkey::device {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view level = "reading";
constexpr std::int64_t longest_interval = 86400;

/// Of the last minute, with two digits (getloadavg(3)); 0 if it is not known.
double load() {
  double average = 0;
  return ::getloadavg(&average, 1) == 1 ? std::round(average * 100) / 100 : 0;
}

}  // namespace

std::optional<std::string> reading_topic(const std::vector<std::string>& publish) {
  if (publish.empty()) return std::nullopt;
  std::string topic;
  for (const char c : publish.front())  // a wildcard is a level of its own (MQTT 5, 4.7.1)
    c == '+' || c == '#' ? topic.append(level) : topic.append(1, c);
  return topic;
}

std::optional<std::chrono::seconds> reading_interval(std::string_view config) {
  const auto json = Json::parse(config, nullptr, false);
  if (!json.is_object() || !json.contains("report_interval_s")) return std::nullopt;
  const auto& interval = json["report_interval_s"];
  if (!interval.is_number_unsigned() || interval < 1 || interval > longest_interval) return std::nullopt;
  return std::chrono::seconds(interval.get<std::int64_t>());
}

std::string encode_reading(std::int64_t number) {
  return Json{{"number", number}, {"load", load()}}.dump();
}

}  // namespace latchkey::device
