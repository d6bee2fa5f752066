#include "service/pipeline/statuses.hpp"

#include "base/failpoint.hpp"
#include "protocol/limits.hpp"
#include "protocol/status.hpp"
#include "service/enrolment/lifecycle.hpp"
#include "service/pipeline/acceptance.hpp"
#include "service/pipeline/settle.hpp"

namespace latchkey::service {

struct StatusJob {
  Inbound inbound;
  protocol::StatusMessage status;
};

namespace {

using protocol::StatusKind;

registry::StatusKey key_of(const StatusJob& job) {
  registry::StatusKey key{job.inbound.device_id, {}};
  if (job.status.kind == StatusKind::connected) key.generation = job.status.generation;
  return key;
}

}  // namespace

std::vector<StatusJob> StatusPipeline::decode(std::vector<Inbound> batch) const {
  std::vector<StatusJob> jobs;
  jobs.reserve(batch.size());
  for (Inbound& inbound : batch) {
    auto status = protocol::decode_status(inbound.payload);
    if (status) {
      jobs.push_back({std::move(inbound), std::move(*status)});
    } else {
      tools_.metrics.dropped(Dropped::bad_status);
      tools_.log.warning("a status was dropped",
                         {{"device_id", inbound.device_id.text()}, {"reason", status.error()}});
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
  const auto unanswered = settle(
      std::move(open), [this](Jobs part) { return step(part); },
      [this](StatusJob& job) {
        tools_.log.error("the registry refused a status", {{"device_id", job.inbound.device_id.text()}});
      });
  if (!unanswered.empty())
    tools_.log.warning("statuses were dropped, the registry is away",
                       {{"count", static_cast<std::int64_t>(unanswered.size())}});
}

std::expected<std::vector<StatusJob*>, registry::Error> StatusPipeline::step(Jobs jobs) {
  std::vector<registry::StatusKey> keys;
  for (const StatusJob* job : jobs)
    keys.push_back(key_of(*job));
  const auto loaded = registry_.load_statuses(keys);
  if (!loaded) return std::unexpected(loaded.error());

  std::vector<std::size_t> counted;
  std::vector<registry::DecidedStatus> rows;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto next = next_state(jobs[i]->status, loaded->facts[i]);
    tools_.metrics.status(jobs[i]->status.kind, next.has_value());
    if (next) {
      counted.push_back(i);
      rows.push_back({jobs[i]->inbound.device_id, jobs[i]->status, loaded->facts[i].device->state, *next});
    } else {
      tools_.log.info("a status does not count",
                      {{"device_id", jobs[i]->inbound.device_id.text()}, {"reason", next.error()}});
    }
  }
  if (rows.empty()) return std::vector<StatusJob*>();
  const auto outcomes = registry_.commit_statuses(rows);
  if (!outcomes) return std::unexpected(outcomes.error());

  std::vector<StatusJob*> again;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    StatusJob* job = jobs[counted[n]];
    if ((*outcomes)[n] == registry::Outcome::again)
      again.push_back(job);
    else if (job->status.kind != StatusKind::disconnected)
      answer(*job, loaded->facts[counted[n]], rows[n].next);
  }
  return again;
}

void StatusPipeline::answer(const StatusJob& job, const registry::StatusFacts& facts,
                            registry::DeviceState state) const {
  const protocol::DeviceId& id = job.inbound.device_id;
  const auto signer = tools_.authenticator.signer_for(id, facts);
  if (!signer) {
    tools_.log.warning("no key to sign a configuration with: the enrolment is gone",
                       {{"device_id", id.text()}});
    return;
  }
  const registry::Device& device = *facts.device;
  protocol::Configuration message;
  message.device_id = id.text();
  message.session = job.status.session;
  message.state = registry::name_of(state);
  message.config_version = device.config_version;
  const bool acknowledged =
      state == registry::DeviceState::ready || device.applied_config_version == device.config_version;
  if (!acknowledged && facts.enrolment) {
    message.config = configuration_for(tools_.log, id, *facts.enrolment,
                                       job.status.attributes.value_or(device.attributes));
    if (facts.enrolment->policy.seals_config) seal(message, id, facts);
  }
  tools_.speaker.configure(job.inbound, message, *signer);
}

void StatusPipeline::seal(protocol::Configuration& message, const protocol::DeviceId& id,
                          const registry::StatusFacts& facts) const {
  const auto config = std::exchange(message.config, std::nullopt);
  if (!config) return;
  const auto key = tools_.authenticator.sealing_key_for(id, facts);
  protocol::Secrets secrets;
  secrets.config = crypto::Secret(std::string_view(*config));
  message.sealed = seal_for(facts.credential->encryption_key, key ? &*key : nullptr, secrets);
  if (message.sealed.empty())
    tools_.log.warning("a sealed configuration, and no key to encrypt it for", {{"device_id", id.text()}});
}

}  // namespace latchkey::service
