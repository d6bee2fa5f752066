#pragma once

#include "protocol/rights.hpp"

#include <string>

namespace latchkey::service::access {

/// Lines of Mosquitto's `acl_file` that let devices with a certificate use these templates: `%u` in them is
/// the user name, which is the certificate's name. Each line ends with a line feed.
[[nodiscard]] std::string acl_lines(const protocol::Rights& templates);

}  // namespace latchkey::service::access
