#pragma once

#include "service/config/config.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::service {

/// Where an option's value lives in a Config; says its type as well.
using TextField = std::string& (*)(Config&);
using OptionalTextField = std::optional<std::string>& (*)(Config&);
using IntegerField = std::int64_t& (*)(Config&);
using BooleanField = bool& (*)(Config&);
using Field = std::variant<TextField, OptionalTextField, IntegerField, BooleanField>;

/// What a text has to satisfy: what is wrong with it and what is allowed, or nothing.
using Rule = std::optional<std::string> (*)(const std::string&);

enum class Kind {
  text,
  file,         ///< a path; relative to the configuration's folder when it stands there
  secret_file,  ///< likewise, and nobody but its owner and group may read it
  number,
  flag,
};

/// One option. The table of them drives reading, checking, `config show` and docs/configuration.md; what an
/// option is when nobody sets it stands in Config alone.
struct Option {
  std::string_view section;
  std::string_view key;
  Kind kind;
  Field field;
  std::string_view help;
  bool required = false;
  std::string_view unset = "none";  ///< what holds when it is empty, for the reference
  Rule rule = nullptr;
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// Every option, those of a section together.
[[nodiscard]] std::span<const Option> options();
/// Null if there is none.
[[nodiscard]] const Option* find_option(std::string_view section, std::string_view key);

/// "section.key".
[[nodiscard]] std::string full_name(const Option& option);
/// "LATCHKEY_SECTION_KEY".
[[nodiscard]] std::string variable_of(const Option& option);

/// The value as TOML; nothing if the option is optional and not set.
[[nodiscard]] std::optional<std::string> value_as_toml(const Option& option, Config& config);

/// The page docs/configuration.md.
[[nodiscard]] std::string config_reference();

}  // namespace latchkey::service
