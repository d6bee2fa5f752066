#include "base/failpoint.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace latchkey {
namespace {

/// The fail-point that LATCHKEY_FAILPOINTS arms, and which passage of it kills the process.
struct Armed {
  std::string_view name;
  long time = 1;
};

Armed parse(std::string_view text) noexcept {
  constexpr std::string_view act = ":kill";
  const auto colon = text.find(act);
  if (colon == std::string_view::npos) return {};
  Armed armed{text.substr(0, colon)};
  const auto rest = text.substr(colon + act.size());
  if (rest.empty()) return armed;
  const char* const end = rest.data() + rest.size();
  const auto read = std::from_chars(rest.data() + 1, end, armed.time);
  return rest.front() == '@' && read.ec == std::errc() && read.ptr == end ? armed : Armed{};
}

/// Read once: the environment does not change while the process runs.
const Armed& armed() noexcept {
  static const char* const value = std::getenv("LATCHKEY_FAILPOINTS");
  static const Armed found = value == nullptr ? Armed{} : parse(value);
  return found;
}

}  // namespace

void failpoint(const char* name) noexcept {
  if (armed().name.empty()) [[likely]]
    return;
  static std::atomic<long> passed{0};
  if (armed().name == name && ++passed == armed().time) std::raise(SIGKILL);
}

}  // namespace latchkey
