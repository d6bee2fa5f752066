#include "protocol/topics.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::protocol {
namespace {

constexpr std::size_t longest_root = 200;

std::string_view level_of(Channel channel) {
  switch (channel) {
    case Channel::request:
      return "request";
    case Channel::response:
      return "response";
    case Channel::status:
      return "status";
    case Channel::config:
      return "config";
  }
  std::unreachable();
}

bool is_below_provisioning(Channel channel) {
  return channel == Channel::request || channel == Channel::response;
}

std::string join(std::string_view root, std::string_view id, std::string_view level) {
  std::string topic;
  topic.reserve(root.size() + id.size() + level.size() + 2);
  return topic.append(root).append("/").append(id).append("/").append(level);
}

/// The id level of `<root>/<id>/<level>`, not validated: any text without '/', also an empty one.
std::optional<std::string_view> id_level(std::string_view topic, std::string_view root,
                                         std::string_view level) {
  if (topic.size() < root.size() + level.size() + 2) return std::nullopt;
  if (!topic.starts_with(root) || !topic.ends_with(level)) return std::nullopt;
  topic.remove_prefix(root.size());
  topic.remove_suffix(level.size());
  if (topic.front() != '/' || topic.back() != '/') return std::nullopt;
  const auto id = topic.substr(1, topic.size() - 2);
  if (id.contains('/')) return std::nullopt;
  return id;
}

}  // namespace

bool is_plain_character(char c) noexcept {
  return c > ' ' && c <= '~' && c != '$' && c != '+' && c != '#';
}

Topics::Topics(std::string provisioning_root, std::string devices_root)
    : provisioning_root_(std::move(provisioning_root)), devices_root_(std::move(devices_root)) {}

bool Topics::valid_root(std::string_view root) noexcept {
  if (root.empty() || root.size() > longest_root) return false;
  if (root.starts_with('/') || root.ends_with('/') || root.contains("//")) return false;
  return std::ranges::all_of(root, is_plain_character);
}

std::string Topics::of(Channel channel, const DeviceId& id) const {
  return join(is_below_provisioning(channel) ? provisioning_root_ : devices_root_, id.text(),
              level_of(channel));
}

std::string Topics::filter(Channel channel) const {
  return join(is_below_provisioning(channel) ? provisioning_root_ : devices_root_, "+", level_of(channel));
}

std::string Topics::device_prefix(const DeviceId& id) const {
  return devices_root_ + "/" + id.text();
}

std::expected<Address, TopicFault> Topics::parse(std::string_view topic) const {
  for (const auto channel : {Channel::request, Channel::status, Channel::response, Channel::config}) {
    const auto& root = is_below_provisioning(channel) ? provisioning_root_ : devices_root_;
    const auto level = id_level(topic, root, level_of(channel));
    if (!level) continue;
    auto id = DeviceId::parse(*level);
    if (!id) return std::unexpected(TopicFault::invalid_id);
    return Address{channel, *std::move(id)};
  }
  return std::unexpected(TopicFault::foreign);
}

}  // namespace latchkey::protocol
