#include "service/cli/json.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::cli {

std::string json_text(const nlohmann::json& value) {
  return without_raw_controls(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string without_raw_controls(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  const auto is_c1_at = [&](std::size_t at) {
    const auto next = at + 1 < json.size() ? static_cast<unsigned char>(json[at + 1]) : 0U;
    return json[at] == '\xC2' && next >= 0x80U && next < 0xA0U;
  };
  for (std::size_t i = 0; i < json.size(); ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (is_c1_at(i)) {
      const auto code = static_cast<unsigned char>(json[++i]);
      text.append("\\u00").append(1, digits[code >> 4U]).append(1, digits[code & 0xFU]);
    } else if (json[i] == '\x7f') {
      text.append("\\u007f");
    } else {
      text += json[i];
    }
  }
  return text;
}

Result<nlohmann::json> object_of(const std::vector<std::string>& pairs, const std::string& flag) {
  auto object = nlohmann::json::object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(exit_code::usage, std::string(flag).append(" ").append(pair).append(" is not NAME=VALUE"),
                  "for example " + flag + " site=hall-3");
    object[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return object;
}

}  // namespace latchkey::cli
