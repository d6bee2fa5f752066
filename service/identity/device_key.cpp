#include "service/identity/device_key.hpp"

#include "protocol/signer.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

constexpr std::string_view key_id_label = "provisioning-key-id v1";

}  // namespace

crypto::Result<DeviceKey> device_key(const MasterKey& master, const registry::Enrolment& enrolment,
                                     const crypto::Bytes& material, const protocol::DeviceId& id) {
  const bool own = enrolment.origin == registry::Origin::device;
  auto key = master.open(sealing_purpose(enrolment.origin, own ? id.text() : enrolment.group.value_or("")),
                         material);
  if (!key) return std::unexpected(std::move(key.error()));
  DeviceKey made{own ? std::move(*key) : protocol::device_key(key->view(), id.text())};
  const auto shown = crypto::derive_key(made.key.view(), key_id_label);
  std::ranges::copy(shown.view().first(made.id.size()), made.id.begin());
  return made;
}

std::string sealing_purpose(registry::Origin origin, std::string_view name) {
  return (origin == registry::Origin::group ? "group:" : "device:") + std::string(name);
}

}  // namespace latchkey::service
