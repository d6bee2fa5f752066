#include "base/spelling.hpp"
#include "service/config/reading.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace latchkey::service {
namespace {

constexpr std::string_view prefix = "LATCHKEY_";

/// Parses one variable into a field of Config, or returns the type that it should have.
struct Taking {
  Config& config;
  const std::string& text;

  std::string_view operator()(TextField field) const {
    field(config) = text;
    return {};
  }
  std::string_view operator()(OptionalTextField field) const {
    field(config) = text;
    return {};
  }
  std::string_view operator()(IntegerField field) const {
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, field(config));
    return error == std::errc{} && end == last ? std::string_view{} : "must be a whole number";
  }
  std::string_view operator()(BooleanField field) const {
    field(config) = text == "true";
    return text == "true" || text == "false" ? std::string_view{} : "must be true or false";
  }
};

/// An empty variable counts as unset, except for an option where empty text has a meaning.
bool counts(const Option& option, const std::string& text) {
  return !text.empty() || std::holds_alternative<OptionalTextField>(option.field);
}

void take_variable(const Option& option, const std::string& text, Settings& settings) {
  settings.origin(option) = {Origin::Source::environment, 0};
  const auto fault = std::visit(Taking{settings.config(), text}, option.field);
  if (!fault.empty()) settings.complain(option, fault);
}

// Other variables may begin with LATCHKEY_ (a container platform sets LATCHKEY_PORT for a service of that
// name), so report only an obvious misspelling of an option.
void find_slips(const Variables& variables, Settings& settings) {
  std::vector<std::string> names;
  for (const Option& option : options())
    names.push_back(variable_of(option));
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const auto& [name, value] : variables) {
    const auto meant = nearest(name, known);
    if (!meant || *meant == name || edit_distance(name, *meant) > 2) continue;
    settings.complain_about_variable(name, "is unknown, did you mean " + std::string(*meant) + "?");
  }
}

}  // namespace

Variables own_variables() {
  Variables own;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const auto equals = variable.find('=');
    if (!variable.starts_with(prefix) || equals == std::string_view::npos) continue;
    own.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return own;
}

void read_variables(Settings& settings, const Variables& variables) {
  for (const Option& option : options()) {
    const auto found = variables.find(variable_of(option));
    if (found == variables.end() || !settings.concerns(option.section)) continue;
    if (counts(option, found->second)) take_variable(option, found->second, settings);
  }
  if (settings.whole()) find_slips(variables, settings);
}

}  // namespace latchkey::service
