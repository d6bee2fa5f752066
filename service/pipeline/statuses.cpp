#include "service/pipeline/statuses.hpp"

#include "base/failpoint.hpp"
#include "protocol/status.hpp"
#include "registry/statuses.hpp"
#include "service/enrolment/lifecycle.hpp"
#include "service/pipeline/lock_holders.hpp"
#include "service/pipeline/run_batch.hpp"
#include "service/pipeline/tracking.hpp"

#include <algorithm>
#include <array>

namespace latchkey::service {

struct StatusJob {
  Inbound inbound;
  protocol::StatusMessage status;
  std::optional<protocol::StatusProof> proof;  ///< of a signed `connected`
};

namespace {

using protocol::StatusKind;
using registry::Reason;

registry::StatusKey key_of(const StatusJob& job) {
  registry::StatusKey key{job.inbound.device_id, {}};
  if (job.status.kind == StatusKind::connected) key.generation = job.status.generation;
  key.is_signed = job.proof.has_value();
  return key;
}

/// Whether the device says that it does not have the current configuration.
bool lacks_configuration(const protocol::StatusMessage& status, const registry::Device& device) {
  return status.kind == StatusKind::failed ||
         (status.kind == StatusKind::ready && status.config_version < device.configured.version);
}

/// For a device that lacks what the registry has as acknowledged, because somebody forged its `ready`: the
/// answer has the configuration and the connection.
void forget_acknowledgement(registry::Device& device) {
  if (device.applied_config_version < device.configured.version) return;
  device.applied_config_version = 0;
  device.endpoint_given = crypto::Sha256Digest();  // of no endpoint
}

/// True if the configuration may differ from the stored one: a layer may have changed, or it may not fit into
/// a message for the device.
bool may_have_changed(const registry::StatusFacts& facts) {
  if (!facts.enrolment) return false;
  const registry::Configured& stored = facts.device->configured;
  const bool may_be_too_large =
      facts.device->max_message_bytes > 0 && facts.device->applied_config_version < stored.version;
  return stored.layers != facts.enrolment->layers || !stored.fault.empty() || may_be_too_large;
}

}  // namespace

std::vector<StatusJob> StatusPipeline::decode(std::vector<Inbound> batch) const {
  std::vector<StatusJob> jobs;
  jobs.reserve(batch.size());
  for (Inbound& inbound : batch) {
    if (Steady::now() - inbound.handed_over() > stale_after) {
      tools_.metrics.dropped(Dropped::old_status);
      tools_.log.warning("a status was dropped", {{"device_id", inbound.device_id.text()},
                                                  {"reason", registry::row_of(Reason::waited_too_long).id},
                                                  {"detail", std::string_view()}});
      continue;
    }
    auto status = protocol::decode_status(inbound.device_id, inbound.payload);
    if (status) {
      jobs.push_back({std::move(inbound), std::move(status->status), std::move(status->proof)});
    } else {
      tools_.metrics.dropped(Dropped::bad_status);
      tools_.log.warning("a status was dropped", {{"device_id", inbound.device_id.text()},
                                                  {"reason", registry::row_of(Reason::malformed_status).id},
                                                  {"detail", status.error()}});
    }
  }
  return jobs;
}

void StatusPipeline::run(std::vector<Inbound> batch) {
  std::vector<StatusJob> jobs = decode(std::move(batch));
  std::vector<StatusJob*> open;
  open.reserve(jobs.size());
  for (StatusJob& job : jobs)
    open.push_back(&job);
  const auto unanswered = run_batch(
      std::move(open), [this](Jobs part) { return step(part); },
      [this](StatusJob& job, registry::Failure why) {
        if (why == registry::Failure::locked) return drop_locked(std::array{&job});
        const Reason reason = why == registry::Failure::too_slow ? Reason::row_too_slow : Reason::row_refused;
        tools_.log.error("the registry refused a status", {{"device_id", job.inbound.device_id.text()},
                                                           {"reason", registry::row_of(reason).id}});
      });
  if (!unanswered.empty())
    tools_.log.warning("statuses were dropped: the registry is unavailable",
                       {{"count", static_cast<std::int64_t>(unanswered.size())}});
}

void StatusPipeline::drop_locked(Jobs locked) {
  if (locked.empty()) return;
  log_lock_holders(registry_, tools_.log);
  for (const StatusJob* const job : locked)
    log_ignored(*job, Reason::row_locked);
}

void StatusPipeline::log_ignored(const StatusJob& job, const registry::Cause& cause) const {
  tools_.log.info(
      "a status does not count",
      {{"device_id", job.inbound.device_id.text()}, {"reason", cause.id()}, {"detail", cause.detail}});
}

std::expected<std::vector<StatusJob*>, registry::Error> StatusPipeline::step(Jobs jobs) {
  std::vector<registry::StatusKey> keys;
  for (const StatusJob* job : jobs)
    keys.push_back(key_of(*job));
  auto loaded = registry::load_statuses(registry_, keys);
  if (!loaded) return std::unexpected(loaded.error());

  std::vector<StatusJob*> counted;
  std::vector<RegisteredDevice> devices;
  std::vector<registry::DecidedStatus> rows;
  devices.reserve(jobs.size());
  rows.reserve(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    RegisteredDevice device{jobs[i]->inbound.device_id, loaded->facts[i]};
    auto row = decide(*jobs[i], device);
    if (!row) {
      tools_.metrics.status(jobs[i]->status.kind, false);
      continue;
    }
    row->handed_over = received_at(jobs[i]->inbound.handed_over(), loaded->now);
    counted.push_back(jobs[i]);
    devices.push_back(std::move(device));
    rows.push_back(std::move(*row));
  }
  if (rows.empty()) return std::vector<StatusJob*>();
  failpoint("before_status_commit");
  const auto outcomes = registry::commit_statuses(registry_, rows);
  if (!outcomes) return std::unexpected(outcomes.error());

  std::vector<StatusJob*> again;
  std::vector<StatusJob*> locked;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    StatusJob* const job = counted[n];
    if ((*outcomes)[n] == registry::Outcome::again) {
      again.push_back(job);
      continue;
    }
    const bool counts = (*outcomes)[n] == registry::Outcome::won;
    tools_.metrics.status(job->status.kind, counts);
    if ((*outcomes)[n] == registry::Outcome::busy)
      locked.push_back(job);
    else if (!counts)
      log_ignored(*job, Reason::late_status);
    else if (job->status.kind != StatusKind::disconnected)
      tools_.configurer.send(devices[n], job->status.session, rows[n].next);
  }
  drop_locked(locked);
  return again;
}

std::optional<registry::DecidedStatus> StatusPipeline::decide(const StatusJob& job,
                                                              RegisteredDevice& device) const {
  registry::StatusFacts& facts = device.facts;
  registry::DecidedStatus row{device.id, job.status, {}, {}, {}, {}, {}, {}};
  if (job.status.kind != StatusKind::disconnected && facts.device) {
    registry::Configured& stored = facts.device->configured;
    row.configured_before = stored;
    if (may_have_changed(facts))
      if (auto effective = tools_.configurer.effective_for(device);
          effective && effective->configured != stored)
        row.configured = stored = std::move(effective->configured);
  }
  const auto next = next_state(job.status, facts);
  if (!next) {
    log_ignored(job, next.error());
    return std::nullopt;
  }
  const auto confirmed = confirms(job, device);
  if (!confirmed) {
    log_ignored(job, confirmed.error());
    return std::nullopt;
  }
  row.expected = facts.device->state;
  row.next = *next;
  row.confirms = *confirmed;
  if (row.confirms) facts.device->confirmed = std::max(facts.device->confirmed, job.status.generation);
  if (job.status.kind == StatusKind::ready)
    facts.device->applied_config_version =
        std::max(facts.device->applied_config_version,
                 std::min(job.status.config_version, facts.device->configured.version));
  if (lacks_configuration(job.status, *facts.device)) forget_acknowledgement(*facts.device);
  return row;
}

std::expected<bool, registry::Cause> StatusPipeline::confirms(const StatusJob& job,
                                                              RegisteredDevice& device) const {
  if (!job.proof) return false;
  if (auto why = tools_.confirmation.why_not_proven(device, *job.proof))
    return std::unexpected(*std::move(why));
  if (tools_.confirmation.was_told(device, *job.proof)) return true;
  // A copy from another broker, or a device that was sent on in between: no more than a plain one.
  tools_.log.warning("a connected does not confirm its credential",
                     {{"device_id", device.id.text()},
                      {"reason", registry::row_of(Reason::other_connection).id},
                      {"detail", job.proof->host + ":" + std::to_string(job.proof->port)}});
  return false;
}

}  // namespace latchkey::service
