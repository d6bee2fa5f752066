#pragma once

#include "registry/registry.hpp"
#include "service/answering/resolution.hpp"
#include "service/pipeline/request_job.hpp"

// What the registry is asked of a request, and what it writes of it.
namespace latchkey::service {

/// By what the registry finds everything that decides a request.
[[nodiscard]] registry::RequestKey key_of(const RequestJob& job);

/// What the ledger and the log say of a request.
struct LedgerLine {
  std::string_view decision;
  std::string_view code;
  std::optional<registry::Cause> cause;
};
[[nodiscard]] LedgerLine line_of(const Resolution& resolution);

/// What the ledger has of every request.
[[nodiscard]] registry::Attempt attempt_of(const RequestJob& job, const LedgerLine& line,
                                           registry::Clock now);

/// All that is written of a request. `counted`: it is one of a flood, of which the ledger has a number only.
[[nodiscard]] registry::DecidedRequest row_of(const RequestJob& job, const registry::RequestKey& key,
                                              const registry::RequestFacts& facts, const Resolved& resolved,
                                              bool counted, registry::Clock now);

/// What was granted or put on the list of those who wait, and the registry refused; nothing if it did not.
[[nodiscard]] std::optional<Rejection> refusal_of(registry::Outcome outcome,
                                                  const registry::DecidedRequest& row);

}  // namespace latchkey::service
