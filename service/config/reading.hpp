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

/// What was read, with all that is wrong so far.
class Settings {
 public:
  /// `sections`: only these are of interest; none named: all.
  Settings(std::filesystem::path file, std::vector<std::string_view> sections);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] bool concerns(std::string_view section) const;
  /// All sections are of interest.
  [[nodiscard]] bool whole() const { return sections_.empty(); }

  [[nodiscard]] Config& config() { return config_; }
  [[nodiscard]] Origin& origin(const Option& option);

  /// At the place where the option was set.
  void complain(const Option& option, std::string_view what);
  /// `line` 0: about the file as a whole.
  void complain(std::size_t line, std::string_view what);
  void complain_about_variable(std::string_view variable, std::string_view what);
  /// In the order of the file, then the environment, then what is missing.
  [[nodiscard]] Complaints complaints() const;

 private:
  std::filesystem::path file_;
  std::vector<std::string_view> sections_;
  Config config_;
  std::vector<Origin> origins_;
  std::multimap<std::size_t, std::string> complaints_;
};

/// Both put values into `settings` and complain about what is unknown or of the wrong type. False: the file
/// is no TOML, and nothing else can be said.
[[nodiscard]] bool read_file(Settings& settings);
void read_variables(Settings& settings, const Variables& variables);

/// Complains about values that are not allowed, by themselves or together, and about what is missing.
void check_settings(Settings& settings);

/// `config show`.
[[nodiscard]] std::string show(Settings& settings);

/// All of it; `settings` keeps what could be read, and what is wrong.
void read_into(Settings& settings, const Variables& variables);
[[nodiscard]] std::expected<Settings, Complaints> read_settings(const std::filesystem::path& file,
                                                                const std::vector<std::string_view>& sections,
                                                                const Variables& variables);

}  // namespace latchkey::service
