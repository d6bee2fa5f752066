#pragma once

#include "registry/registry.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the service would hand to the registry, made without keys or certificates: the registry looks at
/// none.
namespace latchkey::test {

[[nodiscard]] protocol::DeviceId id_of(std::string_view text);
/// A request_id of the right form, the same for the same name.
[[nodiscard]] std::string request_id(std::string_view name);

[[nodiscard]] registry::RequestKey key_of(const std::string& device, std::string_view request = "first");
[[nodiscard]] registry::Attempt attempt_of(const std::string& device, std::string_view decision);

/// An accepted request that wants a credential. `expected`: the generation that was loaded, nothing for a
/// newcomer.
struct Wanted {
  std::string device;
  std::string_view request = "first";
  std::optional<std::int64_t> expected = {};
  bool to_registered = true;
  std::optional<std::string> group = {};
  std::optional<std::string> quota = {};
  std::string attributes = "{}";
  std::chrono::seconds life = std::chrono::hours(24);
};
[[nodiscard]] registry::DecidedRequest accepted(const Wanted& wanted);
/// A credential for this key; `expected` as of the registry.
[[nodiscard]] registry::DecidedRequest with_key(const std::string& device, std::uint8_t key,
                                                std::int64_t expected);
[[nodiscard]] registry::DecidedRequest repeated(const std::string& device, std::int64_t generation);
[[nodiscard]] registry::DecidedRequest rejected(const std::string& device, registry::Cause cause);

/// What each status claims: the state that was loaded and the one after it.
struct Said {
  std::string device;
  registry::DeviceState expected;
  registry::DeviceState next;
  std::string session = "session-1";
};
/// A signed one, which confirms.
[[nodiscard]] registry::DecidedStatus connected(const Said& said, std::int64_t generation = 1);
[[nodiscard]] registry::DecidedStatus plainly_connected(const Said& said, std::int64_t generation = 1);
[[nodiscard]] registry::DecidedStatus ready(const Said& said, std::int64_t config_version = 1);
[[nodiscard]] registry::DecidedStatus failed(const Said& said, std::string code, std::string message);
[[nodiscard]] registry::DecidedStatus disconnected(const Said& said);

/// One row alone. A failure of the call fails the case.
registry::Outcome commit_one(registry::Registry& registry, const registry::DecidedRequest& row);
registry::Outcome commit_one(registry::Registry& registry, const registry::DecidedStatus& row);
[[nodiscard]] registry::RequestFacts load_one(registry::Registry& registry, const registry::RequestKey& key);
[[nodiscard]] registry::StatusFacts load_status(registry::Registry& registry, const std::string& device,
                                                std::optional<std::int64_t> generation = {},
                                                bool is_signed = false);
/// Registers devices with their first credential.
void register_devices(registry::Registry& registry, std::initializer_list<std::string> devices);

}  // namespace latchkey::test
