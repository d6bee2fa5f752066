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

/// An event on the way to ready.
struct Step {
  std::string name;
  std::vector<std::pair<std::string, FieldValue>> fields;
};

/// Receives events. Called on the device's thread.
struct Reporter {
  std::function<void(const Step&)> step;         ///< an event, for programs
  std::function<void(std::string_view)> remark;  ///< a problem or a wait, for people
};

/// One line without a newline: `{"step":"request_sent","request_id":"..."}`.
[[nodiscard]] std::string to_json(const Step& step);
/// One line for people.
[[nodiscard]] std::string to_text(const Step& step);

}  // namespace latchkey::device
