#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The reading that a ready device publishes by its rights (docs/device.md).
namespace latchkey::device {

/// The topic: the first filter with each wildcard replaced by the level `reading`. Nothing without a filter.
[[nodiscard]] std::optional<std::string> reading_topic(const std::vector<std::string>& publish);

/// `report_interval_s` of a configuration, 1 to 86400; nothing if it has none.
[[nodiscard]] std::optional<std::chrono::seconds> reading_interval(std::string_view config);

/// The n-th reading, with this machine's load: `{"number":1,"load":0.25}`.
[[nodiscard]] std::string encode_reading(std::int64_t number);

}  // namespace latchkey::device
