#pragma once

#include "service/config/config.hpp"
#include "service/keys/master_key.hpp"

#include <expected>
#include <string>

namespace latchkey::service {

/// The secrets in files, read at the start. Empty where the configuration names no file.
struct Secrets {
  MasterKey master;
  crypto::Secret broker_password;
  crypto::Secret database_password;
  crypto::Secret access_password;
  crypto::Secret access_token;
  crypto::Secret bootstrap_password;
  crypto::Secret page_token;
};

/// The error is a sentence that names the file.
[[nodiscard]] std::expected<Secrets, std::string> load_secrets(const Config& config);

}  // namespace latchkey::service
