#include "base/spelling.hpp"
#include "crypto/secret.hpp"
#include "service/config/reading.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <system_error>

namespace latchkey::service {
namespace {

std::size_t line_of(const toml::source_region& region) {
  return region.begin.line;
}

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names;
  for (const Option& option : options()) {
    if (names.empty() || names.back() != option.section) names.push_back(option.section);
  }
  return names;
}

std::vector<std::string_view> keys_of(std::string_view section) {
  std::vector<std::string_view> names;
  for (const Option& option : options()) {
    if (option.section == section) names.push_back(option.key);
  }
  return names;
}

/// The error for an unknown name: the nearest known name, or the list of all.
std::string unknown(std::string_view name, const std::vector<std::string_view>& known) {
  const auto meant = nearest(name, known);
  if (meant) return "is unknown, did you mean " + std::string(*meant) + "?";
  std::string what = "is unknown, allowed is";
  for (const auto candidate : known)
    what.append(candidate == known.front() ? " " : ", ").append(candidate);
  return what;
}

/// Stores the value of one key in Config, or returns the type that it should have.
class Taking {
 public:
  Taking(Settings& settings, const toml::node& node) : settings_(settings), node_(node) {}

  std::string_view operator()(TextField field) const { return take(field, "must be a text in quotes"); }
  std::string_view operator()(OptionalTextField field) const {
    const auto value = node_.value_exact<std::string>();
    if (!value) return "must be a text in quotes";
    field(settings_.config()) = *value;
    return {};
  }
  std::string_view operator()(IntegerField field) const { return take(field, "must be a whole number"); }
  std::string_view operator()(BooleanField field) const { return take(field, "must be true or false"); }

 private:
  template <class T>
  std::string_view take(T& (*field)(Config&), std::string_view otherwise) const {
    const auto value = node_.value_exact<T>();
    if (!value) return otherwise;
    field(settings_.config()) = *value;
    return {};
  }
  Settings& settings_;
  const toml::node& node_;
};

void resolve(const Option& option, Settings& settings) {
  if (option.kind != Kind::file && option.kind != Kind::secret_file) return;
  std::string& path = std::get<TextField>(option.field)(settings.config());
  if (!path.empty()) path = (settings.file().parent_path() / path).string();
}

void take_option(const Option& option, const toml::node& node, Settings& settings) {
  settings.origin(option) = {Origin::Source::file, line_of(node.source())};
  const auto fault = std::visit(Taking(settings, node), option.field);
  if (!fault.empty()) return settings.complain(option, fault);
  resolve(option, settings);
}

void take_section(std::string_view section, const toml::table& table, Settings& settings) {
  for (const auto& [key, node] : table) {
    const Option* const option = find_option(section, key.str());
    if (option != nullptr) {
      take_option(*option, node, settings);
      continue;
    }
    const std::string name = std::string(section) + "." + std::string(key.str());
    settings.complain(line_of(key.source()), name + ": " + unknown(key.str(), keys_of(section)));
  }
}

void take_sections(const toml::table& root, Settings& settings) {
  const auto known = section_names();
  for (const auto& [key, node] : root) {
    const std::string_view name = key.str();
    const bool is_known = std::ranges::find(known, name) != known.end();
    if (settings.whole() ? false : !settings.concerns(name)) continue;
    if (is_known && node.is_table()) {
      take_section(name, *node.as_table(), settings);
    } else if (is_known) {
      settings.complain(line_of(key.source()),
                        std::string(name) + ": is a section: write [" + std::string(name) + "]");
    } else {
      settings.complain(line_of(key.source()), std::string(name) + ": " + unknown(name, known));
    }
  }
}

}  // namespace

bool read_file(Settings& settings) {
  const auto text = crypto::read_secret_file(settings.file());
  if (!text) {
    settings.complain_of_file(text.error().what + "; name another file by --config or LATCHKEY_CONFIG");
    return false;
  }
  try {
    take_sections(toml::parse(text->text(), settings.file().string()), settings);
    return true;
  } catch (const toml::parse_error& error) {
    settings.complain(line_of(error.source()), error.description());
    return false;
  }
}

}  // namespace latchkey::service
