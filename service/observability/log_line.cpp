#include "service/observability/log_line.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace latchkey::service {
namespace {

bool needs_no_escape(char c) {
  return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/// A JSON string; invalid UTF-8 is replaced.
std::string json_text(std::string_view text) {
  // Fast path for nearly all texts: every answer writes a line.
  if (std::ranges::all_of(text, needs_no_escape)) return "\"" + std::string(text) + "\"";
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f) return false;
  }
  return !text.empty();
}

/// Escapes control characters as \n or \u001b, so that a text cannot forge a line or control the terminal.
/// Escapes non-ASCII too, because of C1 controls.
std::string escaped(std::string_view text) {
  const auto quoted = nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  std::string inside = quoted.substr(1, quoted.size() - 2);
  for (auto at = inside.find('\x7f'); at != std::string::npos; at = inside.find('\x7f', at))
    inside.replace(at, 1, "\\u007f");
  return inside;
}

struct ToText {
  std::string operator()(std::string_view value) const {
    return is_plain(value) ? escaped(value) : "\"" + escaped(value) + "\"";
  }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
};

struct ToJson {
  std::string operator()(std::string_view value) const { return json_text(value); }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    return std::isfinite(value) ? fmt::format("{}", value) : "null";
  }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
};

std::string_view colour_of(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return "\x1b[2m";
    case Log::Level::info:
      return "\x1b[32m";
    case Log::Level::warning:
      return "\x1b[33m";
    case Log::Level::error:
      break;
  }
  return "\x1b[31m";
}

/// A message of ours: quotes and backslashes in it need no escape, since no quotes surround it.
std::string sentence(std::string_view message) {
  std::string text = escaped(message);
  for (auto at = text.find("\\\""); at != std::string::npos; at = text.find("\\\"", at + 1))
    text.erase(at, 1);
  return text;
}

}  // namespace

std::string_view name_of(Log::Level level) noexcept {
  switch (level) {
    case Log::Level::debug:
      return "debug";
    case Log::Level::info:
      return "info";
    case Log::Level::warning:
      return "warning";
    case Log::Level::error:
      break;
  }
  return "error";
}

std::string render_fields(Log::Format format, std::span<const Field> fields) {
  std::string text;
  for (const Field& field : fields) {
    if (format == Log::Format::json) {
      text.append(",").append(json_text(field.key)).append(":").append(std::visit(ToJson{}, field.value));
    } else {
      text.append(" ").append(field.key).append("=").append(std::visit(ToText{}, field.value));
    }
  }
  return text;
}

std::string render_line(const Log::Options& options, Milliseconds time, Log::Level level,
                        std::string_view message, std::string_view fields) {
  const auto when = format_rfc3339(time);
  if (options.format == Log::Format::json)
    return fmt::format(R"({{"ts":"{}","level":"{}","msg":{}{}}})", when, name_of(level), json_text(message),
                       fields);
  const std::string_view colour = options.colour ? colour_of(level) : "";
  const std::string_view plain = options.colour ? "\x1b[0m" : "";
  return fmt::format("{} {}{:<7}{} {}{}", when, colour, name_of(level), plain, sentence(message), fields);
}

}  // namespace latchkey::service
