#pragma once

#include "protocol/answer.hpp"
#include "protocol/connection.hpp"
#include "protocol/topics.hpp"
#include "service/enrolment/decide.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::service {

/// Where devices connect, unless the registry has another endpoint for them.
struct Destination {
  std::string host;
  std::uint16_t port = 8883;
  std::uint16_t password_port = 8883;  ///< for devices with a password
  bool tls = true;
  std::vector<crypto::Bytes> anchors;  ///< DER; empty: devices keep their anchors
};

/// The configuration that a device should have now.
struct Effective {
  registry::Configured configured;    ///< with the stored version or the next one
  std::optional<std::string> config;  ///< JSON; nothing: configured.fault says why
};

/// What `resolve` and `compose` need. All members must outlive their results.
struct AnsweringTools {
  const Decider& decider;
  const crypto::Issuer& issuer;
  const MasterKey& master;
  const std::vector<crypto::Bytes>& intermediates;  ///< DER, sent after the leaf
  const Destination& destination;
  const protocol::Topics& topics;
};

/// A decision with the issued credential: everything that the registry writes and the answer contains.
using Resolution = std::variant<registry::Registration, Repeat, Challenge, Wait, Rejection>;

/// A request with its resolution.
struct Resolved {
  std::optional<VerifiedRequest> verified;  ///< nothing: its proof did not verify, or the message is invalid
  Effective effective;                      ///< the configuration of a grant or repeat
  /// What a grant or repeat is answered, as large as the device can take; nothing: no answer is possible.
  std::optional<protocol::Acceptance> acceptance;
  bool without_ca = false;  ///< the connection's anchors did not fit into the answer
  Resolution resolution = Rejection{protocol::Code::unavailable, registry::Reason::not_issued};

  /// True if it writes the device's row, which a batch may do only once for each device.
  [[nodiscard]] bool writes() const {
    return std::holds_alternative<registry::Registration>(resolution) ||
           std::holds_alternative<Wait>(resolution);
  }
};

/// Decides a verified request and issues the granted credential. Writes and sends nothing: the caller commits
/// first. `head` is the answer's beginning: its size decides what fits. `now` is the database's time.
[[nodiscard]] Resolved resolve(const AnsweringTools& tools, VerifiedRequest verified,
                               const registry::RequestFacts& facts, registry::Clock now,
                               const protocol::Answer& head);

/// Expands the placeholders in `enrolment.config`, which the load has merged. `before` is the stored state of
/// the device. The version increases if the content differs from that of the stored version; a configuration
/// that cannot be sent does not change it. `can_open`: secrets can be encrypted for the device.
[[nodiscard]] Effective effective_config(const protocol::DeviceId& id, const registry::Enrolment& enrolment,
                                         const registry::Configured& before, std::string_view attributes,
                                         bool can_open);

/// The stored configuration, with the reason why the wanted one cannot be sent.
[[nodiscard]] Effective unsendable(const registry::Enrolment& enrolment, const registry::Configured& before,
                                   std::string fault);

/// `endpoint` and `rights` are the registry's JSON; without them: `destination`, and no rights. Rights that
/// are not valid, because the roots of the service were changed, count as none: housekeeping reports them.
[[nodiscard]] protocol::Connection connection_for(const Destination& destination,
                                                  const protocol::Topics& topics,
                                                  const protocol::DeviceId& id, protocol::CredentialType type,
                                                  std::string_view endpoint, std::string_view rights);

}  // namespace latchkey::service
