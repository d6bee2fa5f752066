#pragma once

#include "gate/tables.hpp"

namespace latchkey::gate {

/// The roots of topics and the names of accounts, as the plugin's options give them.
struct Names {
  std::string provisioning_root = "provisioning/v1";
  std::string devices_root = "devices";
  std::string control_account = "@admin";
  std::string bootstrap_account = "@bootstrap";
};

inline constexpr const char* control_topic = "$CONTROL/latchkey/v1";
inline constexpr const char* response_topic = "$CONTROL/latchkey/v1/response";

enum class Access { read, write, subscribe, unsubscribe };
/// `defer`: Mosquitto decides by its own files.
enum class Verdict { allow, deny, defer };

/// An access to a topic that the broker asks about.
struct Asked {
  std::string_view username;
  std::string_view client_id;
  Access access{};
  std::string_view topic;
};

/// Uses nothing but these values: the broker also asks about sessions that have no connection at the moment.
[[nodiscard]] Verdict decide(const Names& names, const Tables& tables, const Asked& asked);

/// True if `filter`, with `id` in place of `${device_id}`, matches every topic that `wanted` matches.
/// `wanted` is a topic or a filter.
[[nodiscard]] bool covers(std::string_view filter, std::string_view id, std::string_view wanted);

}  // namespace latchkey::gate
