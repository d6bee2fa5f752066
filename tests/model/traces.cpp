#include "model/traces.hpp"

namespace latchkey::model {
namespace {

constexpr std::size_t traces_of_a_database = 500;
// The registry takes a message for a late one if it is older than the session's last status by 400 ms.
constexpr std::chrono::milliseconds longest_step{300};
// A message that is late is 8 s old, and every status of the session must be younger.
constexpr std::chrono::seconds longest_trace{6};

bool is_message(const Step& step) {
  return step.what != What::act && step.what != What::acknowledged;
}

/// The trace without `count` steps from `at` on.
Trace without(Trace trace, std::size_t at, std::size_t count) {
  const auto from = trace.steps.begin() + static_cast<std::ptrdiff_t>(at);
  trace.steps.erase(from, from + static_cast<std::ptrdiff_t>(std::min(count, trace.steps.size() - at)));
  return trace;
}

/// The same with the generations and versions that come one lower, as they are without a step.
Trace one_lower(Trace trace) {
  for (Step& step : trace.steps)
    step.generation = std::max(1, step.generation - 1);
  return trace;
}

/// The step with one thing less about it, in each way.
std::vector<Step> simpler(const Step& step) {
  std::vector<Step> all;
  const auto add = [&](auto Step::* member, auto value) {
    if (step.*member == value) return;
    all.push_back(step);
    all.back().*member = value;
  };
  add(&Step::within, 0);
  add(&Step::replica, 0);
  add(&Step::late, false);
  add(&Step::previous, -1);
  add(&Step::proof, Proof::key);
  add(&Step::signature, Signature::own);
  add(&Step::request, 0);
  add(&Step::key, 0);
  add(&Step::generation, 1);
  add(&Step::session, 0);
  return all;
}

}  // namespace

Real& Runner::real() {
  if (traces_++ % traces_of_a_database == 0) {
    real_.reset();
    real_ = std::make_unique<Real>();
  }
  return *real_;
}

void Runner::simple_step(const Step& step, Device& device) {
  if (step.what == What::act) {
    const bool expected = device.act(step);
    if (real_->act(step) != expected) refused_ = text_of(step) + (expected ? ": refused" : ": not refused");
  } else {
    const Device loaded = device;
    real_->take(step, [] {});
    device.take(step, loaded);
  }
}

std::size_t Runner::step(const Trace& trace, std::size_t at, Device& device) {
  const Step& first = trace.steps.at(at);
  const auto rest = trace.steps.size() - at - 1;
  const std::size_t within =
      is_message(first) ? std::min<std::size_t>(static_cast<std::size_t>(first.within), rest) : 0;
  if (within == 0) {
    simple_step(first, device);
    return 1;
  }
  const Device loaded = device;
  real_->take(first, [&] {
    for (std::size_t i = 1; i <= within; ++i) {
      Step other = trace.steps.at(at + i);
      if (other.what != What::act) other.replica = 1 - first.replica;
      simple_step(other, device);
    }
  });
  device.take(first, loaded);
  return within + 1;
}

std::optional<Difference> Runner::difference_of(const Trace& trace) {
  Real& real = this->real();
  real.begin(trace.may_reprovision);
  Device device(trace.may_reprovision);
  refused_.clear();
  const auto began = service::Steady::now();
  for (std::size_t done = 0; done < trace.steps.size();) {
    const auto before = service::Steady::now();
    const std::size_t count = step(trace, done, device);
    const auto now = service::Steady::now();
    if (now - before > longest_step || now - began > longest_trace) {
      ++too_slow_;
      return std::nullopt;
    }
    done += count;
    steps_ += count;
    const std::string shown = real.shown();
    if (!refused_.empty()) return Difference{done, device.shown(), shown + "\n  " + refused_};
    if (const auto broken = device.broken(); !broken.empty() || device.shown() != shown)
      return Difference{done, device.shown() + (broken.empty() ? "" : "\n  " + broken), shown};
  }
  return std::nullopt;
}

bool Runner::differs(const Trace& trace) {
  return difference_of(trace).has_value();
}

Trace Runner::smallest(Trace trace) {
  for (std::size_t part = trace.steps.size() / 2; part > 0; part /= 2)
    for (std::size_t at = 0; at < trace.steps.size();) {
      Trace less = without(trace, at, part);
      if (differs(less))
        trace = std::move(less);
      else
        at += part;
    }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t at = 0; at < trace.steps.size() && !changed; ++at) {
      std::vector<Trace> candidates = {without(trace, at, 1), one_lower(without(trace, at, 1))};
      for (const Step& step : simpler(trace.steps.at(at))) {
        candidates.push_back(trace);
        candidates.back().steps.at(at) = step;
      }
      for (Trace& candidate : candidates) {
        if (!differs(candidate)) continue;
        trace = std::move(candidate);
        changed = true;
        break;
      }
    }
  }
  return trace;
}

}  // namespace latchkey::model
