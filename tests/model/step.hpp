#pragma once

#include <random>
#include <string>
#include <vector>

namespace latchkey::model {

enum class What { request, connected, ready, failed, disconnected, acknowledged, act };
/// Who asks: the device by its symmetric key, or by a stale message or a certificate of it, or somebody else.
enum class Proof { key, stale, certificate, wrong };
/// Who says `connected`: the device by its signature, or with that of another broker; anybody; a forger.
enum class Signature { own, elsewhere, none, forged };
enum class Act { suspend, resume, revoke, reset, decommission, disable, enable, configure };

/// One thing that happens to the device. A kind ignores the members that it does not need.
struct Step {
  What what = What::request;
  int replica = 0;
  /// So many of the steps that follow happen between its load and its commit, at the other replica.
  int within = 0;
  int request = 0;     ///< which request_id
  int key = 0;         ///< which key the certificate is for
  int generation = 1;  ///< of `connected` and of a certificate; of `ready` the version
  Proof proof = Proof::key;
  Signature signature = Signature::own;
  int session = 0;
  int previous = -1;  ///< -1: names none
  bool late = false;  ///< the broker delivered it some seconds ago
  Act act = Act::suspend;
  int config = 0;
};

/// What happens to one device. Its group forbids reprovisioning, or allows it.
struct Trace {
  bool may_reprovision = true;
  std::vector<Step> steps;
};

[[nodiscard]] std::string text_of(const Step& step);
[[nodiscard]] std::string text_of(const Trace& trace);
[[nodiscard]] Trace random_trace(std::mt19937_64& chance);

}  // namespace latchkey::model
