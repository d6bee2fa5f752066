#pragma once

#include "protocol/device_id.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace latchkey::protocol {

enum class Channel { request, response, status, config };

struct Address {
  Channel channel;
  DeviceId device_id;
};

enum class TopicFault { foreign, invalid_id };

/// Printable ASCII without space, `$`, `+` and `#`.
[[nodiscard]] bool is_plain_character(char c) noexcept;

/// The topics of docs/protocol.md, 1, below configurable roots.
class Topics {
 public:
  /// Each root must be a `valid_root`: no leading or trailing '/', no '$', '+' or '#'.
  explicit Topics(std::string provisioning_root = "provisioning/v1", std::string devices_root = "devices");
  [[nodiscard]] static bool valid_root(std::string_view root) noexcept;

  [[nodiscard]] std::string of(Channel channel, const DeviceId& id) const;
  /// The filter that matches this channel of every device.
  [[nodiscard]] std::string filter(Channel channel) const;
  /// `devices/<device_id>`, the value of an answer's `connection.topics`.
  [[nodiscard]] std::string device_prefix(const DeviceId& id) const;
  [[nodiscard]] const std::string& provisioning_root() const noexcept { return provisioning_root_; }
  [[nodiscard]] const std::string& devices_root() const noexcept { return devices_root_; }
  [[nodiscard]] std::expected<Address, TopicFault> parse(std::string_view topic) const;

 private:
  std::string provisioning_root_;
  std::string devices_root_;
};

}  // namespace latchkey::protocol
