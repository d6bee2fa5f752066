#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace latchkey::device {

/// A value that is JSON text already.
struct JsonText {
  std::string text;
};
using FieldValue = std::variant<std::string, std::int64_t, bool, JsonText>;

/// One step of the way to ready, as it happened.
struct Step {
  std::string name;
  std::vector<std::pair<std::string, FieldValue>> fields;
};

/// Who is told. Called on the thread that runs the device.
struct Reporter {
  std::function<void(const Step&)> step;         ///< what happened: data
  std::function<void(std::string_view)> remark;  ///< what went wrong or is being waited for: talk
};

/// One line without its end, `{"step":"request_sent","request_id":"..."}`.
[[nodiscard]] std::string to_json(const Step& step);
/// One line for people.
[[nodiscard]] std::string to_text(const Step& step);

}  // namespace latchkey::device
