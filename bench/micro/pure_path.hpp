#pragma once

#include "service/answering/resolution.hpp"

#include <memory>
#include <string>

namespace latchkey::bench {

enum class Kind {
  hs256_csr,      ///< a group's symmetric key, a CSR for a P-256 key
  es256_x5c_csr,  ///< a certificate of a group's CA for a P-256 key, a CSR for another
};

/// One request with all its facts in memory, to run the service's steps on it any number of times without
/// broker and database. Every step ends the process if the request is not granted.
class PurePath {
 public:
  /// `sealing`: what its group says.
  explicit PurePath(Kind kind, registry::Sealing sealing = registry::Sealing::always);
  ~PurePath();

  [[nodiscard]] protocol::ReceivedRequest decode() const;
  [[nodiscard]] service::VerifiedRequest authenticate(const protocol::ReceivedRequest& received) const;
  [[nodiscard]] service::Grant decide(const service::VerifiedRequest& verified) const;
  [[nodiscard]] registry::NewCredential issue(const service::Grant& grant) const;
  /// All steps between a verified request and its answer, `decide` and `issue` included.
  [[nodiscard]] service::Resolved resolve(service::VerifiedRequest verified) const;
  /// The signed answer, with a configuration in it.
  [[nodiscard]] std::string answer(const service::Resolved& resolved) const;

  /// From `authenticate` to `answer`.
  [[nodiscard]] std::string provision(const protocol::ReceivedRequest& received) const;

 private:
  struct World;
  std::unique_ptr<const World> world_;
};

/// One `connected` of a device with a group's symmetric key, from its bytes to the configuration message. It
/// has all facts in memory too.
class PureStatus {
 public:
  /// Protected: the device signs it, and its configuration is sealed; otherwise neither.
  explicit PureStatus(bool is_protected);
  ~PureStatus();

  /// The signed configuration message.
  [[nodiscard]] std::string answer();

 private:
  struct World;
  std::unique_ptr<World> world_;
};

}  // namespace latchkey::bench
