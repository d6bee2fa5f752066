#include "registry/model.hpp"

#include <array>

namespace latchkey::registry {

std::string_view name_of(DeviceState state) noexcept {
  static constexpr std::array<std::string_view, 7> names = {
      "off", "provisioning_requested", "registered", "connected", "ready", "suspended", "revoked"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view name_of(ProofKind proof) noexcept {
  return proof_names[static_cast<std::size_t>(proof)];
}

std::string Enrolment::name() const {
  return origin == Origin::device ? "device" : "group:" + group.value_or("");
}

}  // namespace latchkey::registry
