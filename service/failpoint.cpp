#include "service/failpoint.hpp"

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace latchkey::service {
namespace {

/// Read once: the environment does not change while the process runs.
std::string_view armed() noexcept {
  static const char* const value = std::getenv("LATCHKEY_FAILPOINTS");
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

void failpoint(const char* name) noexcept {
  if (armed().empty()) [[likely]]
    return;
  if (armed() == std::string(name) + ":kill") std::raise(SIGKILL);
}

}  // namespace latchkey::service
