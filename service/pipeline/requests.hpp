#pragma once

#include "crypto/certificate.hpp"
#include "registry/registry.hpp"
#include "service/answering/destination.hpp"
#include "service/enrolment/decide.hpp"
#include "service/identity/proof_limits.hpp"
#include "service/pipeline/speaker.hpp"

#include <vector>

namespace latchkey::service {

/// What the request pipeline works with; all of it outlives the pipeline.
struct RequestTools {
  const Authenticator& authenticator;
  const Decider& decider;
  const crypto::Issuer& issuer;
  const MasterKey& master;
  const std::vector<crypto::Bytes>& intermediates;  ///< DER, sent after the leaf
  const Destination& destination;
  const protocol::Topics& topics;
  Speaker& speaker;
  ProofLimits& limits;
  Metrics& metrics;
  Log& log;
};

/// A request on its way through the pipeline.
struct RequestJob;

/// Takes a batch of requests from bytes to answers: decode, look up, authenticate, decide, issue, commit,
/// encode, hand over. For one worker's thread.
class RequestPipeline {
 public:
  RequestPipeline(RequestTools tools, registry::Registry& registry) : tools_(tools), registry_(registry) {}
  /// Every request in it is answered, or its answer was dropped by a full
  /// outbox.
  void run(std::vector<Inbound> batch);

 private:
  struct Judged;
  using Jobs = std::span<RequestJob* const>;
  [[nodiscard]] std::expected<std::vector<RequestJob*>, registry::Error> step(Jobs jobs);
  [[nodiscard]] Judged judge(RequestJob& job, const registry::RequestFacts& facts, registry::Clock now) const;
  [[nodiscard]] bool is_only_counted(const Judged& judged) const;
  [[nodiscard]] registry::DecidedRequest row_of(const Judged& judged, const registry::RequestKey& key,
                                                const registry::RequestFacts& facts,
                                                registry::Clock now) const;
  /// Its id has failed too often, and the time for verifying signatures of such is used up.
  [[nodiscard]] bool is_over_limit(const RequestJob& job) const;
  [[nodiscard]] std::expected<VerifiedRequest, Rejection> authenticate(const RequestJob& job,
                                                                       const registry::RequestFacts& facts,
                                                                       crypto::Time now) const;
  [[nodiscard]] std::expected<registry::Registration, Rejection> carry_out(const Grant& grant,
                                                                           const RequestJob& job,
                                                                           crypto::Time now) const;
  [[nodiscard]] bool would_stay_without_config(const Judged& judged, const registry::RequestFacts& facts,
                                               registry::Clock now) const;
  void judge_verified(Judged& judged, const registry::RequestFacts& facts, registry::Clock now) const;
  void answer(Judged& judged, const registry::RequestFacts& facts, registry::Clock now) const;
  [[nodiscard]] protocol::Answer compose(const Judged& judged, const registry::RequestFacts& facts,
                                         registry::Clock now) const;
  /// Somebody else has locked what they change.
  void put_off(Jobs locked);
  /// It stands alone, and the registry cannot do it: recorded, and answered.
  void give_up(RequestJob& job, registry::Reason reason);
  void answer_unverified(RequestJob& job, protocol::Code code, registry::Reason reason) const;

  RequestTools tools_;
  registry::Registry& registry_;
};

}  // namespace latchkey::service
