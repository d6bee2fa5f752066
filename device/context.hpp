#pragma once

#include "device/environment.hpp"
#include "device/mailbox.hpp"
#include "device/settings.hpp"
#include "device/steps.hpp"
#include "device/store.hpp"
#include "device/timekeeper.hpp"
#include "mqtt/answer_limit.hpp"

#include <chrono>
#include <memory>

namespace latchkey::device {

/// How a phase of a device's life ended.
enum class Outcome {
  ready,
  refused,      ///< the service rejected the request
  later,        ///< no final answer in time: try again
  unreachable,  ///< there was no connection to the broker
  damaged,      ///< a file of the device cannot be read or written
  changed,      ///< the store has a newer credential or connection
  stopped,      ///< stopped by the user
};

/// What all phases of a device share. The references must outlive the phases.
struct Context {
  const Settings& settings;
  const Store& store;
  const Environment& environment;
  const Reporter& reporter;
  Mailbox& mailbox;
  Timekeeper& time;
  /// A fleet that reconnects at once overloads its broker for longer than the usual limit of an attempt.
  /// Shared by all connections: attempts at the next one would overload it as well.
  std::shared_ptr<mqtt::AnswerLimit> answer_limit =
      std::make_shared<mqtt::AnswerLimit>(std::chrono::seconds(5), std::chrono::seconds(60));
};

}  // namespace latchkey::device
