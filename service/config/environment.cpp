#include "base/spelling.hpp"
#include "service/config/reading.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace latchkey::service {
namespace {

constexpr std::string_view prefix = "LATCHKEY_";

/// Takes the text of one variable over into the Config, or says which type it should have.
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
    return error == std::errc{} && end == last ? std::string_view{} : "has to be a whole number";
  }
  std::string_view operator()(BooleanField field) const {
    field(config) = text == "true";
    return text == "true" || text == "false" ? std::string_view{} : "has to be true or false";
  }
};

/// An empty variable is one that is not set, except where the empty text says something.
bool counts(const Option& option, const std::string& text) {
  return !text.empty() || std::holds_alternative<OptionalTextField>(option.field);
}

void take_variable(const Option& option, const std::string& text, Settings& settings) {
  settings.origin(option) = {Origin::Source::environment, 0};
  const auto fault = std::visit(Taking{settings.config(), text}, option.field);
  if (!fault.empty()) settings.complain(option, fault);
}

// Others may have variables that begin like ours (a container platform makes LATCHKEY_PORT of a service's
// name), so only an obvious slip is worth a complaint.
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
