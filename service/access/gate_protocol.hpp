#pragma once

#include "registry/broker_access.hpp"
#include "service/access/control_connection.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The control protocol of the gate (docs/gate.md): what the service says, and the gate's answers.
namespace latchkey::service::access {

inline constexpr ControlPlugin gate_plugin{"$CONTROL/latchkey/v1", "$CONTROL/latchkey/v1/response",
                                           "check that the plugin latchkey_gate.so is loaded and that its "
                                           "control_account is broker_access.username"};
/// The version of the gate that this protocol is of.
inline constexpr const char* gate_version = "1";

/// One statement, a line without its end.
using Statement = std::string;
using Statements = std::vector<Statement>;

/// All that holds for a device: its denied certificates, then the device itself.
[[nodiscard]] Statements statements_of(const registry::GateEntry& entry);
/// What the statements of a device add to the gate's digest.
[[nodiscard]] std::uint64_t digest_of(const registry::GateEntry& entry);
/// True if the statements let nobody in.
[[nodiscard]] bool only_takes_away(const registry::GateEntry& entry);

/// The gate's answer to a message.
struct GateAnswer {
  bool is_open = false;
  std::int64_t epoch = 0;
  std::uint64_t digest = 0;
  std::size_t devices = 0;
  std::size_t serials = 0;
  std::size_t pending = 0;  ///< what it has not done yet, such as sessions to end
  bool has_journal = true;
  std::string version;
  std::string refusal;  ///< empty: the message holds
};

/// How many of the first statements fit into a message of `bytes`; at least one.
[[nodiscard]] std::size_t count_that_fit(std::span<const Statement> statements, std::size_t bytes);
[[nodiscard]] std::string write_message(std::string_view correlation, std::int64_t epoch,
                                        std::span<const Statement> statements);
/// Nothing if it is no answer to the message with this correlation.
[[nodiscard]] std::optional<GateAnswer> read_answer(std::string_view correlation, std::string_view payload);

/// Says the statements, in as many messages as needed; the last one's answer. The error says why they do not
/// all hold.
[[nodiscard]] std::expected<GateAnswer, std::string> say(ControlConnection& connection, std::int64_t epoch,
                                                         std::span<const Statement> statements);

}  // namespace latchkey::service::access
