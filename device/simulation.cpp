#include "device/simulation.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

namespace latchkey::device {
namespace {

/// Reports a problem of one device.
using Remark = std::function<void(std::string_view id, std::string_view what)>;

/// Suppresses a problem that another device has just reported.
class RepeatFilter {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool is_new(std::string_view what) {
    const auto now = Clock::now();
    std::erase_if(reported_, [&](const auto& each) { return now - each.second >= std::chrono::minutes(1); });
    return reported_.size() < 1000 && reported_.emplace(what, now).second;
  }

 private:
  std::map<std::string, Clock::time_point, std::less<>> reported_;
};

/// The code, or a placeholder if it is none of the protocol's: an unsigned answer may contain anything.
std::string word_of(const std::string& code) {
  const bool is_word = !code.empty() && code.size() <= 32 &&
                       code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  return is_word ? code : "other";
}

/// One device, run by its own thread; other threads read its progress.
class Member {
 public:
  Member(const Fleet& fleet, const Settings& settings, const Remark& remark)
      : fleet_(fleet), settings_(settings), remark_(remark), thread_([this] { live(); }) {}
  ~Member() {
    stop();
    thread_.join();
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void stop() { mailbox_.stop(); }
  void count(Tally& tally) const {
    ++tally.devices;
    tally.connected += where_ != Where::away ? 1U : 0U;
    tally.ready += where_ == Where::ready ? 1U : 0U;
    tally.renewed += renewed_;
    tally.readings += readings_;
    const std::scoped_lock lock(mutex_);
    if (!refused_.empty()) ++tally.refused[refused_];
  }

 private:
  enum class Where { away, connected, ready };

  void live() {
    const auto& id = settings_.id.text();
    const auto store = Store::open(fleet_.folder / id, id);
    if (!store) return remark_(id, store.error());
    const auto environment = system_environment(fleet_.has_clock);
    const Reporter reporter{.step = [this](const Step& step) { record(step); },
                            .remark = [&](std::string_view what) { remark_(id, what); }};
    Timekeeper time(*store, environment);
    run({settings_, *store, environment, reporter, mailbox_, time}, fleet_.options);
    where_ = Where::away;
  }

  void record(const Step& step) {
    if (step.name == "connected") where_ = Where::connected;
    if (step.name == "ready") where_ = Where::ready;
    if (step.name == "lost" || step.name == "renewed" || step.name == "moving") where_ = Where::away;
    if (step.name == "renewed") ++renewed_;
    if (step.name == "reading") ++readings_;
    if (step.name == "answer") note_answer(step);
  }

  void note_answer(const Step& step) {
    const auto text = [&](std::string_view name) {
      const auto found = std::ranges::find(step.fields, name, [](const auto& field) { return field.first; });
      return found == step.fields.end() ? std::string() : std::get<std::string>(found->second);
    };
    const std::scoped_lock lock(mutex_);
    refused_ = text("status") == "rejected" ? word_of(text("code")) : "";
  }

  const Fleet& fleet_;
  const Settings& settings_;
  const Remark& remark_;
  Mailbox mailbox_;
  std::atomic<Where> where_ = Where::away;
  std::atomic<std::size_t> renewed_ = 0;
  std::atomic<std::size_t> readings_ = 0;
  mutable std::mutex mutex_;
  std::string refused_;  ///< the code of the last answer, if that was a rejection
  std::thread thread_;   ///< last: it uses all of the above
};

using Members = std::vector<std::unique_ptr<Member>>;

Tally tally_of(const Members& members) {
  Tally tally;
  for (const auto& member : members)
    member->count(tally);
  return tally;
}

}  // namespace

void simulate(const Fleet& fleet, Mailbox& control, const std::function<void(const Tally&)>& report,
              const std::function<void(std::string_view)>& remark) {
  std::mutex one_at_a_time;
  RepeatFilter filter;
  const Remark remark_once = [&](std::string_view id, std::string_view what) {
    const std::scoped_lock lock(one_at_a_time);
    const auto when = what.find("; it tries again");  // this time differs for each device
    if (filter.is_new(what.substr(0, when))) remark(std::string(id) + ": " + std::string(what));
  };
  Members members;
  for (const auto& settings : fleet.devices)
    members.push_back(std::make_unique<Member>(fleet, settings, remark_once));
  while (!control.wait_until(Mailbox::Clock::now() + std::chrono::seconds(1)))
    report(tally_of(members));
  report(tally_of(members));
  for (const auto& member : members)
    member->stop();
}

}  // namespace latchkey::device
