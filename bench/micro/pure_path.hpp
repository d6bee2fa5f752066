#pragma once

#include "service/answering/resolution.hpp"

#include <memory>
#include <string>

namespace latchkey::bench {

enum class Kind {
  hs256_csr,      ///< a group's symmetric key, a CSR for a P-256 key
  es256_x5c_csr,  ///< a certificate of a group's CA for a P-256 key, a CSR for another
};

/// One request, and all that decides it, held ready: what the service does with it is called step by step,
/// as often as is wanted, with neither broker nor database. Every step ends the process if the request is not
/// granted.
class PurePath {
 public:
  explicit PurePath(Kind kind);
  ~PurePath();

  [[nodiscard]] protocol::ReceivedRequest decode() const;
  [[nodiscard]] service::VerifiedRequest authenticate(const protocol::ReceivedRequest& received) const;
  [[nodiscard]] service::Grant decide(const service::VerifiedRequest& verified) const;
  [[nodiscard]] registry::NewCredential issue(const service::Grant& grant) const;
  /// Everything between a verified request and its answer: `decide` and `issue` are parts of it.
  [[nodiscard]] service::Resolved resolve(service::VerifiedRequest verified) const;
  /// The answer's JSON, with a configuration sealed in it, under its signature.
  [[nodiscard]] std::string answer(const service::Resolved& resolved) const;

  /// From `authenticate` to `answer`.
  [[nodiscard]] std::string provision(const protocol::ReceivedRequest& received) const;

 private:
  struct World;
  std::unique_ptr<const World> world_;
};

}  // namespace latchkey::bench
