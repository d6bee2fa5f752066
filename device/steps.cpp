#include "device/steps.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace latchkey::device {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> phrases{{
    {"powered_on", "Device powered on"},
    {"request_sent", "Provisioning request sent"},
    {"answer", "Answer received"},
    {"connected", "Connected to the platform"},
    {"configuration", "Configuration message received"},
    {"applied", "Configuration applied"},
    {"failed", "Configuration not applied"},
    {"ready", "Ready: provisioning complete"},
    {"renewing", "Asking for the next credential"},
    {"renewed", "Next credential received"},
    {"moving", "Told to connect elsewhere"},
    {"lost", "Connection lost"},
    {"reading", "Reading published"},
    {"received", "Message received"},
}};

std::string_view phrase_of(std::string_view name) {
  const auto* found = std::ranges::find(phrases, name, [](const auto& each) { return each.first; });
  return found == phrases.end() ? name : found->second;
}

Json to_value(const FieldValue& value) {
  if (const auto* json = std::get_if<JsonText>(&value)) return Json::parse(json->text, nullptr, false);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return std::get<std::string>(value);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Removes control characters, which a terminal would execute: the texts come from the network.
std::string printable(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

}  // namespace

std::string to_json(const Step& step) {
  Json line{{"step", step.name}};
  for (const auto& [name, value] : step.fields)
    line[name] = to_value(value);
  return dump(line);
}

std::string to_text(const Step& step) {
  std::string line(phrase_of(step.name));
  for (const auto& [name, value] : step.fields) {
    const auto* text = std::get_if<std::string>(&value);
    line += "  " + name + "=" + printable(text != nullptr ? *text : dump(to_value(value)));
  }
  return line;
}

}  // namespace latchkey::device
