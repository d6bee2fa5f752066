#pragma once

#include "service/config/config.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::service {

/// Accesses an option's field in Config; its type is the option's type.
using TextField = std::string& (*)(Config&);
using OptionalTextField = std::optional<std::string>& (*)(Config&);
using IntegerField = std::int64_t& (*)(Config&);
using BooleanField = bool& (*)(Config&);
using Field = std::variant<TextField, OptionalTextField, IntegerField, BooleanField>;

/// A rule for a text (service/config/rules.hpp): the error, or nothing.
using Rule = std::optional<std::string> (*)(const std::string&);

enum class Kind {
  text,
  file,         ///< a path; in the configuration file, relative to that file's folder
  secret_file,  ///< the same, and only its owner and group may read it
  number,
  flag,
};

/// One option. The table of options drives reading, validation, `config show` and docs/configuration.md. Only
/// Config has the default values.
struct Option {
  std::string_view section;
  std::string_view key;
  Kind kind;
  Field field;
  std::string_view help;
  bool required = false;
  std::string_view unset = "none";  ///< the text for an empty value in docs/configuration.md
  Rule rule = nullptr;
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// All options, grouped by section.
[[nodiscard]] std::span<const Option> options();
/// Null if there is no such option.
[[nodiscard]] const Option* find_option(std::string_view section, std::string_view key);

/// "section.key".
[[nodiscard]] std::string full_name(const Option& option);
/// "LATCHKEY_SECTION_KEY".
[[nodiscard]] std::string variable_of(const Option& option);

/// The value as TOML; nothing if the option is optional and not set.
[[nodiscard]] std::optional<std::string> value_as_toml(const Option& option, Config& config);

/// The text of docs/configuration.md.
[[nodiscard]] std::string config_reference();

}  // namespace latchkey::service
