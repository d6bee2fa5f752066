#include "service/config/secrets.hpp"

#include <array>
#include <utility>

namespace latchkey::service {

std::expected<Secrets, std::string> load_secrets(const Config& config) {
  auto master = load_master_key(config.secrets.master_key_file, config.secrets.previous_master_key_file);
  if (!master) return std::unexpected(master.error().what);
  Secrets secrets{*std::move(master), {}, {}, {}, {}, {}, {}};
  const std::array<std::pair<const std::string&, crypto::Secret&>, 6> lines = {{
      {config.mqtt.password_file, secrets.broker_password},
      {config.database.password_file, secrets.database_password},
      {config.broker_access.password_file, secrets.access_password},
      {config.broker_access.token_file, secrets.access_token},
      {config.broker_access.bootstrap_password_file, secrets.bootstrap_password},
      {config.http.token_file, secrets.page_token},
  }};
  for (const auto& [file, secret] : lines) {
    auto line = crypto::read_optional_line_file(file);
    if (!line) return std::unexpected(line.error().what);
    secret = *std::move(line);
  }
  return secrets;
}

}  // namespace latchkey::service
