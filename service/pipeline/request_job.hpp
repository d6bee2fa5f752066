#pragma once

#include "service/answering/effective.hpp"
#include "service/pipeline/requests.hpp"
#include "service/pipeline/tracking.hpp"

// Private to the request pipeline.
namespace latchkey::service {

struct RequestJob {
  Inbound inbound;  ///< without its payload: what was plain had a token in it
  std::size_t bytes;
  std::string tracking_id;
  std::expected<protocol::ReceivedRequest, protocol::InvalidRequest> decoded;
};

using Verdict = std::variant<registry::Registration, Repeat, Challenge, Wait, Rejection>;

struct RequestPipeline::Judged {
  RequestJob* job;
  std::optional<VerifiedRequest> verified;
  Effective effective;  ///< of what is granted or repeated
  Verdict verdict = Rejection{protocol::Code::unavailable, registry::Reason::not_issued};
  bool counted = false;  ///< one of a flood: the ledger and the log have a number of it

  /// It writes a device, which a batch may do once.
  [[nodiscard]] bool writes() const {
    return std::holds_alternative<registry::Registration>(verdict) || std::holds_alternative<Wait>(verdict);
  }
};

/// How a verdict reads in the ledger.
struct LedgerLine {
  std::string_view decision;
  std::string_view code;
  std::optional<registry::Cause> cause;
};
[[nodiscard]] LedgerLine line_of(const Verdict& verdict);

/// The lines of the log about a request, in their order. `answered` is written at level info, the others at
/// level debug.
void tell_received(Log& log, const RequestJob& job);
void tell_decided(Log& log, const RequestJob& job, const LedgerLine& line);
void tell_raced(Log& log, const RequestJob& job);
/// `handed_over`: the outbox took the answer. Of one that is only `counted` there is a line at level debug.
void tell_answered(Log& log, const RequestJob& job, const LedgerLine& line, bool handed_over, bool counted);

}  // namespace latchkey::service
