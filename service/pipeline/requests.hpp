#pragma once

#include "registry/requests.hpp"
#include "service/answering/resolution.hpp"
#include "service/identity/proof_limits.hpp"
#include "service/pipeline/publisher.hpp"
#include "service/pipeline/request_job.hpp"

#include <string_view>
#include <unordered_set>

namespace latchkey::service {

/// What the request pipeline uses; all members must outlive it.
struct RequestTools {
  const Authenticator& authenticator;
  AnsweringTools answering;
  Publisher& publisher;
  ProofLimits& limits;
  Metrics& metrics;
  Log& log;
};

/// Processes batches of requests, from bytes to answers. For one worker's thread.
class RequestPipeline {
 public:
  RequestPipeline(RequestTools tools, registry::Registry& registry) : tools_(tools), registry_(registry) {}
  /// Answers every request of the batch; a full outbox drops answers.
  void run(std::vector<Inbound> batch);

 private:
  using Jobs = std::span<RequestJob* const>;
  /// A request with its resolution, before and after the commit.
  struct Decided {
    RequestJob* job;
    const registry::RequestFacts* facts;
    Resolved resolved;
    bool counted = false;  ///< part of a flood: ledger and log only count it
  };
  /// The requests that are committed together.
  struct Batch {
    registry::Clock now;  ///< the database's
    std::vector<Decided> decided;
    std::vector<registry::DecidedRequest> rows;  ///< one for each of `decided`
    std::vector<RequestJob*> again;              ///< requests whose device is in `decided` already
  };

  [[nodiscard]] std::expected<std::vector<RequestJob*>, registry::Error> step(Jobs jobs);
  [[nodiscard]] Batch decide(Jobs jobs, std::span<const registry::RequestKey> keys,
                             const registry::LoadedRequests& loaded) const;
  [[nodiscard]] Resolved decide(const RequestJob& job, const registry::RequestFacts& facts,
                                registry::Clock now) const;
  [[nodiscard]] std::expected<VerifiedRequest, Rejection> authenticate(const RequestJob& job,
                                                                       const registry::RequestFacts& facts,
                                                                       crypto::Time now) const;
  [[nodiscard]] std::vector<RequestJob*> answer(Batch batch, std::span<const registry::Outcome> outcomes);
  void answer(const Decided& decided, registry::Clock now) const;
  /// Answers without a commit: the registry is unreachable, or the request needs none.
  void answer_undecided(const RequestJob& job, protocol::Code code, registry::Reason reason) const;
  /// Answers the jobs of devices to which the registry just refused another credential, and returns the
  /// others. Otherwise a device that floods would take a round for each of its requests, and all would wait.
  [[nodiscard]] std::vector<RequestJob*> answer_rate_limited(
      std::vector<RequestJob*> jobs, const std::unordered_set<std::string_view>& device_ids) const;
  /// Answers requests whose rows another session has locked.
  void answer_locked(Jobs locked);
  /// Answers a request that the registry refused alone, and records it.
  void answer_refused(const RequestJob& job, registry::Reason reason);
  /// True if the id's proofs failed too often and the verification budget is used up.
  [[nodiscard]] bool is_over_limit(const RequestJob& job) const;
  [[nodiscard]] bool is_only_counted(const RequestJob& job, const Resolution& resolution) const;

  RequestTools tools_;
  registry::Registry& registry_;
};

}  // namespace latchkey::service
