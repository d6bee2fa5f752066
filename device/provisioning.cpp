#include "device/provisioning.hpp"

#include "device/enrolment.hpp"
#include "device/operation.hpp"

#include <algorithm>
#include <string>

namespace latchkey::device {
namespace {

using Clock = Mailbox::Clock;

Plan plan_for(Clock::duration patience) {
  return {.stays = false,
          .patience = std::chrono::ceil<std::chrono::milliseconds>(patience),
          .again_at = {},
          .is_outdated = false,
          .previous = {}};
}

/// The result of trying the stored credentials: an outcome, and why none worked (empty: there is none).
struct Tried {
  std::optional<Outcome> outcome;
  std::string error;
};

void try_credential(const Context& context, const StoredCredential& credential, Clock::duration patience,
                    Tried& tried) {
  for (const auto& connection : credential.record.connections) {
    Operation operation(context, credential, connection, plan_for(patience));
    const auto outcome = operation.run();
    if (outcome == Outcome::ready || outcome == Outcome::damaged) tried.outcome = outcome;
    if (tried.outcome) return;
    tried.error = operation.last_error().empty() ? "no configuration came" : operation.last_error();
  }
}

// A failing credential is kept. After a while the device requests another one beside it, since an operator
// may have reset the device while it was offline.
Tried try_stored(const Context& context, Clock::duration limit) {
  Tried tried;
  const auto credentials = context.store.credentials();
  // A credential may have two connections to try. The bootstrap connection always gets a share of the time.
  const auto patience = limit / static_cast<Clock::rep>(2 * credentials.size() + 1);
  for (const auto& credential : credentials) {
    if (has_expired(context, credential)) {
      tried.error = "the certificate has expired";
      continue;
    }
    try_credential(context, credential, patience, tried);
    if (tried.outcome) return tried;
  }
  return tried;
}

}  // namespace

bool has_expired(const Context& context, const StoredCredential& credential) {
  const auto now = context.time.guess();
  const auto* stored = credential.certificate();
  return now && stored != nullptr && stored->certificate.not_after() < *now;
}

Outcome provision(const Context& context, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  context.reporter.step({"powered_on", {{"device_id", context.settings.id.text()}}});
  const auto tried = try_stored(context, limit);
  if (tried.outcome) return *tried.outcome;
  if (!tried.error.empty()) context.reporter.remark("back to the bootstrap connection: " + tried.error);
  // This statement ends the bootstrap connection: the broker would end one of two connections with the same
  // client id.
  const auto credential =
      Enrolment(context, context.settings.proof, {.last_error = tried.error}).run(deadline);
  if (!credential) return credential.error();
  const auto& connection = credential->record.connections.front();
  return Operation(context, *credential, connection, plan_for(deadline - Clock::now())).run();
}

}  // namespace latchkey::device
