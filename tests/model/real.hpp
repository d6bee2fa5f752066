#pragma once

#include "model/step.hpp"
#include "registry/serving.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::model {

/// Two replicas' pipelines at one registry, and one device after the other.
class Real {
 public:
  Real();
  /// The next device, which is enrolled and has asked for nothing.
  void begin(bool may_reprovision);
  /// A message to a replica, or an acknowledgement. `inside` is called between its load and its commit, at
  /// most once.
  void take(const Step& step, const std::function<void()>& inside);
  /// Whether the operator's act is accepted.
  [[nodiscard]] bool act(const Step& step);
  [[nodiscard]] std::string shown();

 private:
  struct Replica {
    explicit Replica(registry::ConnectOptions options) : serving(std::move(options)) {}
    test::Serving serving;
    std::uint64_t next_tag = 1;               ///< of the next answer with a credential
    std::vector<registry::Sent> handed_over;  ///< to the broker, which has not acknowledged them yet
  };

  [[nodiscard]] std::string request_of(const Step& step);
  [[nodiscard]] std::string status_of(const Step& step) const;
  struct Certificate {
    crypto::Sha256Digest fingerprint;
    const crypto::PrivateKey& key;
  };
  /// One that nobody has, if there is no such generation.
  [[nodiscard]] Certificate certificate_of(int generation);
  static void acknowledge(Replica& replica);
  static void collect(Replica& replica);

  test::Database database_;
  std::unique_ptr<pqxx::connection> views_ = database_.connect(test::Login::superuser);
  std::array<std::unique_ptr<Replica>, 2> replicas_;
  std::array<crypto::PrivateKey, 2> keys_;
  std::string id_;
  int devices_ = 0;
};

}  // namespace latchkey::model
