#include "service/operations/approval_notices.hpp"

#include "registry/notices.hpp"
#include "service/pipeline/tracking.hpp"

namespace latchkey::service {

registry::Result<bool> Nudges::step(registry::Registry& registry) const {
  auto nudges = registry::claim_nudges(registry);
  if (!nudges) return std::unexpected(nudges.error());
  for (registry::Nudge& nudge : nudges->rows) {
    const auto signer = authenticator_.signer_for(nudge.device_id, nudge.facts);
    if (!signer) continue;
    const protocol::CodeRule& rule = protocol::rule(protocol::Code::decided);
    protocol::Answer answer;
    answer.request_id = std::move(nudge.request_id);
    answer.device_id = nudge.device_id.text();
    answer.status = rule.status;
    answer.tracking_id = new_tracking_id();
    answer.server_time = std::chrono::floor<std::chrono::seconds>(nudges->now).time_since_epoch().count();
    answer.code = rule.name;
    answer.message = rule.message;
    answer.retry_after_s = rule.retry_after_s;
    log_.info("told to ask again: an operator decided",
              {{"tracking_id", answer.tracking_id}, {"device_id", nudge.device_id.text()}});
    speaker_.nudge(nudge.device_id, answer, *signer);
  }
  return !nudges->rows.empty();
}

}  // namespace latchkey::service
