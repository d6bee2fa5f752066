#pragma once

#include "registry/registry.hpp"
#include "service/answering/resolution.hpp"
#include "service/pipeline/request_job.hpp"

// Converts requests to rows for the registry.
namespace latchkey::service {

/// The keys by which the registry loads everything that decides a request.
[[nodiscard]] registry::RequestKey key_of(const RequestJob& job);

/// The decision as the ledger and the log show it.
struct LedgerLine {
  std::string_view decision;
  std::string_view code;
  std::optional<registry::Cause> cause;
};
[[nodiscard]] LedgerLine line_of(const Resolution& resolution);

/// The ledger's row of a request.
[[nodiscard]] registry::Attempt attempt_of(const RequestJob& job, const LedgerLine& line,
                                           registry::Clock now);

/// The row to commit. `counted`: part of a flood, which the ledger only counts.
[[nodiscard]] registry::DecidedRequest row_of(const RequestJob& job, const registry::RequestKey& key,
                                              const registry::RequestFacts& facts, const Resolved& resolved,
                                              bool counted, registry::Clock now);

/// The rejection of a grant or wait that the registry refused; nothing if it did not.
[[nodiscard]] std::optional<Rejection> refusal_of(registry::Outcome outcome,
                                                  const registry::DecidedRequest& row);

}  // namespace latchkey::service
