#include "service/pipeline/request_log.hpp"

namespace latchkey::service {
namespace {

std::string_view request_id_of(const RequestJob& job) {
  if (job.decoded) return job.decoded->request.request_id;
  const auto& read = job.decoded.error().request_id;
  return read ? std::string_view(*read) : std::string_view();
}

std::string_view reason_of(const LedgerLine& line) {
  return line.cause ? line.cause->id() : std::string_view();
}
std::string_view detail_of(const LedgerLine& line) {
  return line.cause ? std::string_view(line.cause->detail) : std::string_view();
}

}  // namespace

void log_received(Log& log, const RequestJob& job) {
  log.debug("received", {{"tracking_id", job.tracking_id},
                         {"device_id", job.inbound.device_id.text()},
                         {"request_id", request_id_of(job)},
                         {"bytes", static_cast<std::int64_t>(job.bytes)}});
}

void log_decided(Log& log, const RequestJob& job, const LedgerLine& line) {
  log.debug("decided", {{"tracking_id", job.tracking_id},
                        {"device_id", job.inbound.device_id.text()},
                        {"decision", line.decision},
                        {"code", line.code},
                        {"reason", reason_of(line)},
                        {"detail", detail_of(line)}});
}

void log_raced(Log& log, const RequestJob& job) {
  log.debug("decided again: another request changed the device first",
            {{"tracking_id", job.tracking_id}, {"device_id", job.inbound.device_id.text()}});
}

void log_answered(Log& log, const RequestJob& job, const LedgerLine& line, bool handed_over, bool counted) {
  if (counted) log.warning("too many answers for one device: the next ones are not logged");
  const auto write = counted ? &Log::debug : &Log::info;
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - job.inbound.received);
  (log.*write)("answered", {{"tracking_id", job.tracking_id},
                            {"device_id", job.inbound.device_id.text()},
                            {"request_id", request_id_of(job)},
                            {"decision", line.decision},
                            {"code", line.code},
                            {"reason", reason_of(line)},
                            {"detail", detail_of(line)},
                            {"took_us", std::int64_t{took.count()}},
                            {"handed_over", handed_over}});
}

}  // namespace latchkey::service
