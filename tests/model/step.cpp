#include "model/step.hpp"

#include <algorithm>
#include <array>

namespace latchkey::model {
namespace {

constexpr int longest_trace = 40;

int below(std::mt19937_64& chance, int end) {
  return static_cast<int>(chance() % static_cast<unsigned>(end));
}

/// One of them; what stands there more than once comes more often.
template <class Choice, std::size_t Size>
Choice one_of(std::mt19937_64& chance, const std::array<Choice, Size>& choices) {
  return choices.at(chance() % Size);
}

/// Later in a trace there are more generations, and other sessions and requests: most of a random trace would
/// otherwise be about what has ended.
Step random_step(std::mt19937_64& chance, int position) {
  using enum What;
  Step step;
  step.what = one_of(chance, std::array{request, request, request, request, connected, connected, connected,
                                        ready, ready, failed, disconnected, acknowledged, act, act});
  step.replica = below(chance, 2);
  step.within = below(chance, 3) == 0 ? 1 + below(chance, 2) : 0;
  step.request = position / 4 + below(chance, 3);
  step.key = below(chance, 8) == 0 ? 1 : 0;
  step.generation = 1 + below(chance, 2 + position / 8);
  step.proof = one_of(chance, std::array{Proof::key, Proof::key, Proof::key, Proof::key, Proof::certificate,
                                         Proof::certificate, Proof::stale, Proof::wrong});
  step.signature = one_of(chance, std::array{Signature::own, Signature::own, Signature::own, Signature::none,
                                             Signature::elsewhere, Signature::forged});
  step.session = position / 8 + below(chance, 2);
  step.previous = below(chance, 4) == 0 ? std::max(0, step.session - 1 - below(chance, 2)) : -1;
  step.late = below(chance, 6) == 0;
  step.act = one_of(chance, std::array{Act::suspend, Act::resume, Act::resume, Act::revoke, Act::reset,
                                       Act::reset, Act::decommission, Act::disable, Act::enable, Act::enable,
                                       Act::configure, Act::configure});
  step.config = below(chance, 3);
  return step;
}

/// What happens before the commit of `outer`. Most of it is what could make the commit wrong: an operator's
/// act, or the device says at the other replica that it is connected, mostly in the same session.
Step random_rival(std::mt19937_64& chance, int position, const Step& outer) {
  Step step = random_step(chance, position);
  switch (below(chance, 4)) {
    case 0:
      step.what = What::connected;
      step.session = outer.session + (below(chance, 4) == 0 ? 1 : 0);
      step.signature = Signature::own;
      step.late = false;
      break;
    case 1:
      step.what = What::act;
      break;
    case 2:
      step.what = What::act;
      step.act = Act::configure;
      break;
    default:
      break;
  }
  return step;
}

/// A device that is registered, connected and ready.
std::vector<Step> smooth_start() {
  return {{.what = What::request}, {.what = What::connected}, {.what = What::ready}};
}

std::string details_of(const Step& step) {
  static constexpr std::array proofs = {"its key", "its key, stale", "certificate", "a wrong key"};
  static constexpr std::array signatures = {"signed", "signed for elsewhere", "plain", "forged"};
  static constexpr std::array acts = {"suspend",      "resume",  "revoke", "reset",
                                      "decommission", "disable", "enable", "configure"};
  const auto at = [](const auto& names, auto which) {
    return std::string(names.at(static_cast<std::size_t>(which)));
  };
  const std::string session = "session " + std::to_string(step.session);
  const std::string number = std::to_string(step.generation);
  switch (step.what) {
    case What::request:
      return "request " + std::to_string(step.request) + " for key " + std::to_string(step.key) + " by " +
             at(proofs, step.proof) + (step.proof == Proof::certificate ? " " + number : "");
    case What::connected:
      return "connected in " + session + " with generation " + number + ", " +
             at(signatures, step.signature) +
             (step.previous < 0 ? "" : ", after session " + std::to_string(step.previous)) +
             (step.late ? ", late" : "");
    case What::ready:
      return "ready in " + session + " with configuration " + number;
    case What::failed:
      return "failed in " + session;
    case What::disconnected:
      return "disconnected in " + session;
    case What::acknowledged:
      return "the broker acknowledges an answer";
    case What::act:
      return at(acts, step.act) + (step.act == Act::configure ? " " + std::to_string(step.config) : "");
  }
  return {};
}

}  // namespace

std::string text_of(const Step& step) {
  const std::string where = step.what == What::act ? "operator" : "replica " + std::to_string(step.replica);
  return where + ": " + details_of(step);
}

std::string text_of(const Trace& trace) {
  std::string text = trace.may_reprovision ? "" : "  (the group denies reprovisioning)\n";
  int within = 0;
  int other = 0;
  for (Step step : trace.steps) {
    if (within > 0) {
      --within;
      step.replica = other;
      text += "    before its commit, " + text_of(step) + "\n";
      continue;
    }
    text += "  " + text_of(step) + "\n";
    other = 1 - step.replica;
    if (step.what != What::act && step.what != What::acknowledged) within = step.within;
  }
  return text;
}

Trace random_trace(std::mt19937_64& chance) {
  Trace trace{below(chance, 3) != 0, {}};
  if (below(chance, 2) == 0) trace.steps = smooth_start();
  const int length = 10 + below(chance, longest_trace - 9);
  int within = 0;
  Step outer;
  for (int position = 0; position < length; ++position) {
    trace.steps.push_back(within > 0 ? random_rival(chance, position, outer) : random_step(chance, position));
    if (within > 0) {
      --within;
    } else {
      outer = trace.steps.back();
      within = outer.within;
    }
  }
  return trace;
}

}  // namespace latchkey::model
