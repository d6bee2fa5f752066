#pragma once

#include "gate/tables.hpp"

namespace latchkey::gate {

/// The names of topics and accounts, as the broker's configuration has them.
struct Names {
  std::string provisioning_root = "provisioning/v1";
  std::string devices_root = "devices";
  std::string control_account = "@admin";
  std::string bootstrap_account = "@bootstrap";
};

inline constexpr const char* control_topic = "$CONTROL/latchkey/v1";
inline constexpr const char* response_topic = "$CONTROL/latchkey/v1/response";

enum class Access { read, write, subscribe, unsubscribe };
/// `defer`: Mosquitto's own files decide.
enum class Verdict { allow, deny, defer };

/// What a client asks to do.
struct Asked {
  std::string_view username;
  std::string_view client_id;
  Access access{};
  std::string_view topic;
};

/// Decides by these names and by what the gate was told alone: the broker also asks for sessions without a
/// connection.
[[nodiscard]] Verdict decide(const Names& names, const Tables& tables, const Asked& asked);

/// True if every topic of `wanted`, a topic or a filter, is one of `filter`'s, with `id` in place of
/// `${device_id}`.
[[nodiscard]] bool covers(std::string_view filter, std::string_view id, std::string_view wanted);

}  // namespace latchkey::gate
