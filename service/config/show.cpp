#include "service/config/reading.hpp"

#include <fmt/format.h>

namespace latchkey::service {
namespace {

std::string origin_text(const Option& option, Settings& settings) {
  const Origin& origin = settings.origin(option);
  switch (origin.source) {
    case Origin::Source::file:
      return fmt::format("{}:{}", settings.file().string(), origin.line);
    case Origin::Source::environment:
      return variable_of(option);
    case Origin::Source::default_value:
      break;
  }
  return "default";
}

std::string show_option(const Option& option, Settings& settings) {
  const auto value = value_as_toml(option, settings.config());
  if (!value) return fmt::format("# {} is not set: {}\n", option.key, option.unset);
  return fmt::format("{:<60}  # {}\n", fmt::format("{} = {}", option.key, *value),
                     origin_text(option, settings));
}

}  // namespace

std::vector<ShownOption> shown_options(Settings& settings) {
  std::vector<ShownOption> all;
  for (const Option& option : options())
    all.push_back(
        {full_name(option), value_as_toml(option, settings.config()), origin_text(option, settings)});
  return all;
}

std::string show(Settings& settings) {
  std::string toml;
  std::string_view section;
  for (const Option& option : options()) {
    if (option.section != section)
      toml += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", option.section);
    section = option.section;
    toml += show_option(option, settings);
  }
  return toml;
}

}  // namespace latchkey::service
