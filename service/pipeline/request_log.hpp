#pragma once

#include "service/observability/log.hpp"
#include "service/pipeline/request_rows.hpp"

namespace latchkey::service {

// The lines of the log about a request, in their order; the ledger has the same by the same tracking id
// (docs/deploy.md). `answered` is written at level info, the others at level debug.
void log_received(Log& log, const RequestJob& job);
void log_decided(Log& log, const RequestJob& job, const LedgerLine& line);
void log_raced(Log& log, const RequestJob& job);
/// `handed_over`: the outbox took the answer. Of one that is only `counted` there is a line at level debug.
void log_answered(Log& log, const RequestJob& job, const LedgerLine& line, bool handed_over, bool counted);

}  // namespace latchkey::service
