#pragma once

#include "protocol/topics.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::protocol {

/// The topics beyond the protocol's own that a device may use, as MQTT topic filters (docs/protocol.md, 3).
/// As templates, a level `${device_id}` stands for the device's id.
struct Rights {
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
  [[nodiscard]] bool empty() const noexcept { return publish.empty() && subscribe.empty(); }
  friend bool operator==(const Rights&, const Rights&) = default;
};

inline constexpr std::string_view id_placeholder = "${device_id}";

/// The UTF-8 texts together, which `limits::rights_bytes` bounds.
[[nodiscard]] std::size_t bytes_of(const Rights& rights);

/// Reads templates as the registry works them out for a group: `{"publish": [...], "subscribe": [...]}`, both
/// optional. No template may match a topic of the protocol below the roots of `topics`, for any device id.
/// The error names the template and says what is wrong.
[[nodiscard]] std::expected<Rights, std::string> parse_templates(std::string_view json, const Topics& topics);

/// The filters of one device.
[[nodiscard]] Rights filled(const Rights& templates, const DeviceId& id);

}  // namespace latchkey::protocol
