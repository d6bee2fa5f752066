#include "service/operations/approval_notices.hpp"

#include "registry/notices.hpp"
#include "service/pipeline/tracking.hpp"

namespace latchkey::service {

registry::Result<bool> ApprovalNotices::step(registry::Registry& registry) const {
  auto notices = registry::claim_notices(registry);
  if (!notices) return std::unexpected(notices.error());
  for (registry::ApprovalNotice& notice : notices->rows) {
    RegisteredDevice device{notice.device_id, notice.facts};
    const auto signer = authenticator_.signer_for(device);
    if (!signer) continue;
    const protocol::CodeRule& rule = protocol::rule(protocol::Code::decided);
    protocol::Answer answer;
    answer.request_id = std::move(notice.request_id);
    answer.device_id = notice.device_id.text();
    answer.status = rule.status;
    answer.tracking_id = new_tracking_id();
    answer.server_time = std::chrono::floor<std::chrono::seconds>(notices->now).time_since_epoch().count();
    answer.code = rule.name;
    answer.message = rule.message;
    answer.retry_after_s = rule.retry_after_s;
    log_.info("the device was told to ask again: an operator decided",
              {{"tracking_id", answer.tracking_id}, {"device_id", notice.device_id.text()}});
    publisher_.notify(notice.device_id, answer, *signer);
  }
  return !notices->rows.empty();
}

}  // namespace latchkey::service
