#pragma once

#include "registry/requests.hpp"
#include "service/answering/resolution.hpp"
#include "service/identity/proof_limits.hpp"
#include "service/pipeline/publisher.hpp"
#include "service/pipeline/request_job.hpp"

namespace latchkey::service {

/// What the request pipeline works with; all of it outlives the pipeline.
struct RequestTools {
  const Authenticator& authenticator;
  AnsweringTools answering;
  Publisher& publisher;
  ProofLimits& limits;
  Metrics& metrics;
  Log& log;
};

/// Takes a batch of requests from bytes to answers. For one worker's thread.
class RequestPipeline {
 public:
  RequestPipeline(RequestTools tools, registry::Registry& registry) : tools_(tools), registry_(registry) {}
  /// Every request in it is answered, or its answer was dropped by a full outbox.
  void run(std::vector<Inbound> batch);

 private:
  using Jobs = std::span<RequestJob* const>;
  /// A request with what it gets, before and after the registry wrote it.
  struct Decided {
    RequestJob* job;
    const registry::RequestFacts* facts;
    Resolved resolved;
    bool counted = false;  ///< one of a flood: the ledger and the log have a number of it
  };
  /// Those of a batch that are committed together.
  struct Batch {
    registry::Clock now;  ///< the database's
    std::vector<Decided> decided;
    std::vector<registry::DecidedRequest> rows;  ///< of each of them
    std::vector<RequestJob*> again;              ///< whose device is in the batch already
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
  /// Without the registry: it is away, or this request is not for it.
  void answer_undecided(const RequestJob& job, protocol::Code code, registry::Reason reason) const;
  /// Somebody else has locked what they change.
  void put_off(Jobs locked);
  /// It stands alone, and the registry cannot do it: recorded, and answered.
  void give_up(const RequestJob& job, registry::Reason reason);
  /// Its id has failed too often, and the time for verifying signatures of such is used up.
  [[nodiscard]] bool is_over_limit(const RequestJob& job) const;
  [[nodiscard]] bool is_only_counted(const RequestJob& job, const Resolution& resolution) const;

  RequestTools tools_;
  registry::Registry& registry_;
};

}  // namespace latchkey::service
