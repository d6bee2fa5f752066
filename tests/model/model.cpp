#include "model/model.hpp"

#include <array>

namespace latchkey::model {
namespace {

constexpr int credentials_an_hour = 10;
constexpr std::size_t remembered_sessions = 8;

std::string name_of(State state) {
  static constexpr std::array names = {"off", "registered", "connected", "ready", "suspended", "revoked"};
  return names.at(static_cast<std::size_t>(state));
}

std::string name_of(Status status) {
  static constexpr std::array names = {"issued", "active", "retired", "revoked"};
  return names.at(static_cast<std::size_t>(status));
}

}  // namespace

bool Device::has_live(int generation) const {
  return generation <= newest() && generations_[static_cast<std::size_t>(generation - 1)].live();
}

bool Device::takes_statuses() const {
  return state_ == State::registered || state_ == State::connected || state_ == State::ready;
}

void Device::change(State next) {
  if (next != state_) events_ += " " + name_of(state_) + ">" + name_of(next);
  state_ = next;
}

void Device::end_credentials() {
  for (Generation& each : generations_)
    each.status = Status::revoked;
}

/// As it was loaded: `by` may be older than what an operator has set since.
void Device::compute_config(const Device& by) {
  version_ = by.version_now();
  told_ = by.config_;
  told_acts_ = by.config_acts_;
}

// --- requests

/// The proof, the enrolment, freshness, the device's state, the same request, policy: in this order.
Answer Device::answer_to(const Step& request) const {
  const bool renews = request.proof == Proof::certificate;
  if (request.proof == Proof::wrong || (renews && !has_live(request.generation)))
    return {"rejected unauthorized"};
  if (!enabled_) return {"rejected unauthorized"};
  if (request.proof == Proof::stale) return {"challenge"};
  if (state_ == State::suspended) return {"rejected device_suspended"};
  if (state_ == State::revoked) return {"rejected device_revoked"};
  for (int generation = 1; generation <= newest(); ++generation)
    if (generations_[static_cast<std::size_t>(generation - 1)].request == request.request)
      return repeat_of(generation, request);
  const bool registers = state_ == State::off;
  if (!registers && !renews && confirmed_ > 0 && !may_reprovision_) return {"rejected reprovisioning_denied"};
  return {"accepted", newest() + 1, registers};
}

Answer Device::repeat_of(int generation, const Step& request) const {
  const Generation& same = generations_[static_cast<std::size_t>(generation - 1)];
  if (!same.live() || same.key != request.key) return {"rejected conflict"};
  return {"repeated", generation};
}

bool Device::is_as(const Device& loaded) const {
  return version_ == loaded.version_ && told_acts_ == loaded.told_acts_;
}

/// What was decided by what was loaded is committed only if the registry still allows it. It looks again at
/// the device, not at its enrolment and what its group allows.
bool Device::stands(const Answer& answer, const Device& loaded) const {
  if (answer.is_accepted())
    return known_ == loaded.known_ && newest() == loaded.newest() && is_able() &&
           answer.registers == (state_ == State::off) && (!known_ || is_as(loaded));
  return !answer.is_repeated() || (is_able() && has_live(answer.generation));
}

void Device::request(const Step& step, const Device& loaded) {
  Answer answer = loaded.answer_to(step);
  const Device* by = &loaded;
  const auto is_too_often = [&] {
    return answer.is_accepted() && !answer.registers &&
           answer.generation - credentials_an_hour > registered_with_;
  };
  if (!is_too_often() && !stands(answer, loaded)) {
    by = this;
    answer = answer_to(step);
  }
  if (is_too_often()) answer = {"retry rate_limited"};
  if (answer.is_accepted()) issue(step, answer, Device(*by));
  const bool is_given = answer.is_accepted() || answer.is_repeated();
  ledger_.push_back(answer.kind + (is_given ? " " + std::to_string(answer.generation) : ""));
  if (is_given) handed_over_.at(static_cast<std::size_t>(step.replica)).push_back(answer.generation);
}

void Device::issue(const Step& request, const Answer& answer, const Device& by) {
  for (Generation& each : generations_)
    if (each.status == Status::issued) each.status = Status::retired;
  generations_.push_back({Status::issued, request.request, request.key});
  compute_config(by);
  known_ = true;
  sent_ = false;
  if (!answer.registers) return;
  registered_with_ = answer.generation;
  confirmed_ = 0;
  applied_ = 0;
  change(State::registered);
}

// --- statuses

std::optional<State> Device::next(const Step& status) const {
  if (!known_) return std::nullopt;
  if (status.what == What::disconnected) {
    if (!is_open(status.session)) return std::nullopt;
    return state_;
  }
  if (!takes_statuses() || !enabled_) return std::nullopt;
  if (status.what == What::connected) {
    if (!has_live(status.generation) || status.signature == Signature::forged) return std::nullopt;
    return state_ == State::ready && applied_ == version_now() ? State::ready : State::connected;
  }
  // In no session since its registration: one that is open is of the life before a reset.
  if (!is_open(status.session) || state_ == State::registered) return std::nullopt;
  return status.what == What::ready && status.generation == version_now() ? State::ready : state_;
}

bool Device::status_stands(const Step& status, const Device& loaded) const {
  if (state_ != loaded.state_) return false;
  if (status.what != What::disconnected && !is_as(loaded)) return false;
  return status.what == What::connected ? has_live(status.generation) : is_open(status.session);
}

/// A session that ended does not open again, and an open one is not replaced by what is older (G22).
bool Device::is_late(const Step& connected) const {
  if (!session_) return false;
  if (connected.session == session_->name) return !session_->online;
  return std::ranges::count(session_->ended, connected.session) > 0 || (session_->online && connected.late);
}

void Device::status(const Step& step, const Device& loaded) {
  const Device* by = &loaded;
  auto next = loaded.next(step);
  if (!next) return;
  if (!status_stands(step, loaded)) {
    by = this;
    next = this->next(step);
  }
  if (!next || (step.what == What::connected && is_late(step))) return;
  if (step.what == What::disconnected) {
    session_->online = false;
    return;
  }
  compute_config(Device(*by));
  if (step.what == What::connected) connect(step);
  if (step.what == What::ready) applied_ = std::max(applied_, std::min(step.generation, version_));
  change(*next);
}

void Device::open(const Step& connected) {
  Session opened{connected.session, connected.generation, true, {}};
  if (session_ && session_->name == connected.session) {
    opened.ended = session_->ended;
  } else {
    if (session_) opened.ended.push_back(session_->name);
    const bool names_another = connected.previous >= 0 && connected.previous != connected.session;
    if (names_another && (!session_ || session_->name != connected.previous))
      opened.ended.push_back(connected.previous);
    if (session_) opened.ended.insert(opened.ended.end(), session_->ended.begin(), session_->ended.end());
    if (opened.ended.size() > remembered_sessions) opened.ended.resize(remembered_sessions);
  }
  session_ = std::move(opened);
}

/// Only what the device signed for where it was told to connect confirms its credential (G27).
void Device::connect(const Step& step) {
  open(step);
  if (step.signature != Signature::own) return;
  for (int generation = 1; generation <= step.generation; ++generation) {
    Generation& each = generations_[static_cast<std::size_t>(generation - 1)];
    if (each.live()) each.status = generation == step.generation ? Status::active : Status::retired;
  }
  confirmed_ = std::max(confirmed_, step.generation);
  if (step.generation == newest()) sent_ = true;
}

void Device::take(const Step& step, const Device& loaded) {
  if (step.what == What::request) return request(step, loaded);
  if (step.what != What::acknowledged) return status(step, loaded);
  auto& waiting = handed_over_.at(static_cast<std::size_t>(step.replica));
  if (waiting.empty()) return;
  if (waiting.front() == newest()) sent_ = true;
  waiting.erase(waiting.begin());
}

// --- operators

bool Device::act(const Step& step) {
  switch (step.act) {
    case Act::disable:
    case Act::enable:
      enabled_ = step.act == Act::enable;
      return true;
    case Act::configure:
      if (config_acts_ == 0 || config_ != step.config) ++config_acts_;
      config_ = step.config;
      return true;
    case Act::suspend:
      if (!known_ || !is_able()) return false;
      before_suspension_ = state_;
      change(State::suspended);
      return true;
    case Act::resume:
      if (state_ != State::suspended) return false;
      change(before_suspension_);
      return true;
    case Act::revoke:
      if (!known_ || state_ == State::revoked) return false;
      break;
    case Act::reset:
      if (!known_ || state_ == State::off) return false;
      decommissioned_ = false;
      break;
    case Act::decommission:
      if (decommissioned_) return false;
      known_ = decommissioned_ = true;
      break;
  }
  if (step.act != Act::decommission || state_ != State::revoked) end_credentials();
  change(step.act == Act::reset ? State::off : State::revoked);
  return true;
}

// --- views

std::string Device::shown() const {
  std::string text;
  if (known_)
    text = name_of(state_) + " generation " + std::to_string(newest()) + ", configuration " +
           std::to_string(version_) + ", applied " + std::to_string(applied_) + ", confirmed " +
           std::to_string(confirmed_) + (sent_ ? ", sent" : ", not sent");
  text += "\n  credentials:";
  for (int generation = 1; generation <= newest(); ++generation)
    text += " " + std::to_string(generation) + " " +
            name_of(generations_[static_cast<std::size_t>(generation - 1)].status);
  text += "\n  session:";
  if (session_)
    text += " " + std::to_string(session_->name) + " generation " + std::to_string(session_->generation) +
            (session_->online ? " online" : " offline");
  text += "\n  events:" + events_ + "\n  ledger:";
  auto ledger = ledger_;
  std::ranges::sort(ledger);
  for (const std::string& line : ledger)
    text += " " + line + ",";
  for (std::size_t replica = 0; replica < handed_over_.size(); ++replica) {
    text += "\n  given to the broker by replica " + std::to_string(replica) + ":";
    for (const int generation : handed_over_.at(replica))
      text += " " + std::to_string(generation);
  }
  return text;
}

std::string Device::broken() const {
  if (std::ranges::count_if(generations_, &Generation::live) > 2) return "G3: more than two live credentials";
  const bool ended = state_ == State::revoked || state_ == State::off;
  if (ended && std::ranges::any_of(generations_, &Generation::live)) return "G13: a live credential";
  if (confirmed_ > newest()) return "G27: confirmed what was never issued";
  return {};
}

}  // namespace latchkey::model
