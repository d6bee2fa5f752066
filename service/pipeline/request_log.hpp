#pragma once

#include "service/observability/log.hpp"
#include "service/pipeline/request_rows.hpp"

namespace latchkey::service {

// The log lines about a request, in their order, with the ledger's tracking id (docs/deploy.md). `answered`
// has level info, the others level debug.
void log_received(Log& log, const RequestJob& job);
void log_decided(Log& log, const RequestJob& job, const LedgerLine& line);
void log_raced(Log& log, const RequestJob& job);
/// `handed_over`: the outbox accepted the answer. `counted`: part of a flood, so the line has level debug.
void log_answered(Log& log, const RequestJob& job, const LedgerLine& line, bool handed_over, bool counted);

}  // namespace latchkey::service
