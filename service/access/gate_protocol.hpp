#pragma once

#include "protocol/topics.hpp"
#include "registry/broker_access.hpp"
#include "service/access/control_connection.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The control protocol of the gate (docs/gate.md): the service's messages and the gate's answers.
namespace latchkey::service::access {

inline constexpr ControlPlugin gate_plugin{"$CONTROL/latchkey/v1", "$CONTROL/latchkey/v1/response",
                                           "check that the plugin latchkey_gate.so is loaded and that its "
                                           "control_account is broker_access.username"};
/// The version of the gate that has this protocol.
inline constexpr const char* gate_version = "1";

/// One statement, a line without its end.
using Statement = std::string;
using Statements = std::vector<Statement>;

/// What the gate must know of sets of rights and devices, in the order in which to tell it: first what takes
/// access away, then sets, then which device has which set, and last what gives access.
[[nodiscard]] Statements in_order(const registry::GateAccess& access, const protocol::Topics& topics);
/// What these statements add to the gate's digest.
[[nodiscard]] std::uint64_t digest_of(const registry::GateAccess& access, const protocol::Topics& topics);

/// The gate's answer to a message.
struct GateAnswer {
  bool is_open = false;
  std::int64_t epoch = 0;
  std::uint64_t digest = 0;
  std::size_t devices = 0;
  std::size_t serials = 0;
  std::size_t pending = 0;  ///< the amount of work that it has not done yet, such as ending sessions
  bool has_journal = true;
  std::string version;
  std::string refusal;  ///< empty: the message is applied
  /// The numbers of the lines, from 1 on, for which there was no room. All others are applied.
  std::vector<std::size_t> without_room;
};

/// What the gate made of statements.
struct Said {
  GateAnswer last;
  Statements without_room;  ///< those that it has no room for; all others are applied
};

/// How many of the statements, from the first on, fit into a message of `bytes`; at least one.
[[nodiscard]] std::size_t count_that_fit(std::span<const Statement> statements, std::size_t bytes);
[[nodiscard]] std::string write_message(std::string_view correlation, std::int64_t epoch,
                                        std::span<const Statement> statements);
/// Nothing if the payload is not an answer with this correlation.
[[nodiscard]] std::optional<GateAnswer> read_answer(std::string_view correlation, std::string_view payload);

/// Sends the statements in as many messages as needed. The error says why some are not applied, other than
/// for want of room.
[[nodiscard]] std::expected<Said, std::string> say(ControlConnection& connection, std::int64_t epoch,
                                                   std::span<const Statement> statements);

/// `access` without what these statements say, since the gate does not have that. A device that has no room
/// for its passwords keeps its version, which counts as told; one with a denial does not.
[[nodiscard]] registry::GateAccess without(registry::GateAccess access, std::span<const Statement> statements,
                                           const protocol::Topics& topics);

}  // namespace latchkey::service::access
