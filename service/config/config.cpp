#include "service/config/config.hpp"

#include "service/config/reading.hpp"

#include <cstdlib>
#include <system_error>

namespace latchkey::service {
namespace {

constexpr const char* default_file = "/etc/latchkey/latchkey.toml";

/// The default file may be absent: in a container all options may come from the environment.
bool may_be_missing(const std::filesystem::path& file) {
  std::error_code ignored;
  return file == default_file && !std::filesystem::exists(file, ignored);
}

}  // namespace

void read_into(Settings& settings, const Variables& variables) {
  const bool missing = may_be_missing(settings.file());
  if (!missing && !read_file(settings)) return;
  read_variables(settings, variables);
  check_settings(settings);
  if (missing && !settings.complaints().empty())
    settings.complain(0, "the file does not exist; name another one by --config or LATCHKEY_CONFIG");
}

std::expected<Settings, Complaints> read_settings(const std::filesystem::path& file,
                                                  const std::vector<std::string_view>& sections,
                                                  const Variables& variables) {
  Settings settings(file, sections);
  read_into(settings, variables);
  if (settings.complaints().empty()) return settings;
  return std::unexpected(settings.complaints());
}

std::expected<Config, Complaints> load_config(const std::filesystem::path& file) {
  return load_config(file, {});
}

std::expected<Config, Complaints> load_config(const std::filesystem::path& file,
                                              const std::vector<std::string_view>& sections) {
  auto settings = read_settings(file, sections, own_variables());
  if (!settings) return std::unexpected(std::move(settings).error());
  return std::move(settings->config());
}

std::expected<std::string, Complaints> show_config(const std::filesystem::path& file) {
  auto settings = read_settings(file, {}, own_variables());
  if (!settings) return std::unexpected(std::move(settings).error());
  return show(*settings);
}

std::expected<std::vector<ShownOption>, Complaints> show_options(const std::filesystem::path& file) {
  auto settings = read_settings(file, {}, own_variables());
  if (!settings) return std::unexpected(std::move(settings).error());
  return shown_options(*settings);
}

std::filesystem::path config_path(const std::string& flag) {
  if (!flag.empty()) return flag;
  const char* const variable = std::getenv("LATCHKEY_CONFIG");
  return variable != nullptr && *variable != '\0' ? variable : default_file;
}

}  // namespace latchkey::service
