#include "service/identity/registered_device.hpp"

namespace latchkey::service {

const std::vector<DeviceKey>& symmetric_keys_of(RegisteredDevice& device, const MasterKey& master) {
  if (device.symmetric_keys) return *device.symmetric_keys;
  const auto& enrolment = device.facts.enrolment;
  return device.symmetric_keys.emplace(enrolment ? open_symmetric_keys(master, *enrolment, device.id)
                                                 : std::vector<DeviceKey>());
}

}  // namespace latchkey::service
