#pragma once

#include "service/config/table.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::service {

using Variables = std::map<std::string, std::string, std::less<>>;

/// The variables of this process whose names begin with LATCHKEY_.
[[nodiscard]] Variables own_variables();

/// Where the value of an option came from.
struct Origin {
  enum class Source { default_value, file, environment } source = Source::default_value;
  std::size_t line = 0;
};

/// A configuration while it is read, with the errors so far.
class Settings {
 public:
  /// Reads only these `sections`; empty: all.
  Settings(std::filesystem::path file, std::vector<std::string_view> sections);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] bool concerns(std::string_view section) const;
  /// True if all sections are read.
  [[nodiscard]] bool whole() const { return sections_.empty(); }

  [[nodiscard]] Config& config() { return config_; }
  [[nodiscard]] Origin& origin(const Option& option);

  /// Reports an error at the place where the option is set.
  void complain(const Option& option, std::string_view what);
  /// `line` 0: an error about the whole file.
  void complain(std::size_t line, std::string_view what);
  /// `what` names the file.
  void complain_of_file(std::string_view what);
  void complain_about_variable(std::string_view variable, std::string_view what);
  /// Ordered by line of the file, then the environment, then missing options.
  [[nodiscard]] Complaints complaints() const;

 private:
  std::filesystem::path file_;
  std::vector<std::string_view> sections_;
  Config config_;
  std::vector<Origin> origins_;
  std::multimap<std::size_t, std::string> complaints_;
};

/// Both store values in `settings` and report unknown names and wrong types. `read_file` is false if the file
/// is not TOML: then there is no further check.
[[nodiscard]] bool read_file(Settings& settings);
void read_variables(Settings& settings, const Variables& variables);

/// Reports invalid values, invalid combinations and missing options.
void check_settings(Settings& settings);

/// The output of `config show`, and the same for programs.
[[nodiscard]] std::string show(Settings& settings);
[[nodiscard]] std::vector<ShownOption> shown_options(Settings& settings);

/// Reads file and environment and checks them; `settings` keeps the values and the errors.
void read_into(Settings& settings, const Variables& variables);
[[nodiscard]] std::expected<Settings, Complaints> read_settings(const std::filesystem::path& file,
                                                                const std::vector<std::string_view>& sections,
                                                                const Variables& variables);

}  // namespace latchkey::service
