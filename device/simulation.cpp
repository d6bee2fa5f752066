#include "device/simulation.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace latchkey::device {
namespace {

/// One device: what it is doing is read by others while its own thread runs it.
class Member {
 public:
  Member(const Fleet& fleet, const Settings& settings, const std::function<void(std::string_view)>& remark)
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
  }

 private:
  enum class Where { away, connected, ready };

  void live() {
    const auto& id = settings_.id.text();
    const auto store = Store::open(fleet_.folder / id, id);
    if (!store) return remark_(id + ": " + store.error());
    const auto environment = system_environment(fleet_.has_clock);
    const Reporter reporter{.step = [this](const Step& step) { note(step); },
                            .remark = [&](std::string_view what) { remark_(id + ": " + std::string(what)); }};
    Timekeeper time(*store, environment);
    run({settings_, *store, environment, reporter, mailbox_, time}, fleet_.options);
    where_ = Where::away;
  }

  void note(const Step& step) {
    if (step.name == "connected") where_ = Where::connected;
    if (step.name == "ready") where_ = Where::ready;
    if (step.name == "lost" || step.name == "renewed" || step.name == "moving") where_ = Where::away;
    if (step.name == "renewed") ++renewed_;
  }

  const Fleet& fleet_;
  const Settings& settings_;
  const std::function<void(std::string_view)>& remark_;
  Mailbox mailbox_;
  std::atomic<Where> where_ = Where::away;
  std::atomic<std::size_t> renewed_ = 0;
  std::thread thread_;  ///< last: it uses all of the above
};

using Members = std::vector<std::unique_ptr<Member>>;

Tally tally_of(const Members& members) {
  Tally tally;
  for (const auto& member : members)
    member->count(tally);
  return tally;
}

}  // namespace

void simulate(const Fleet& fleet, Mailbox& control, const std::function<void(const Tally&)>& tell,
              const std::function<void(std::string_view)>& remark) {
  std::mutex one_at_a_time;
  const std::function<void(std::string_view)> orderly = [&](std::string_view what) {
    const std::scoped_lock lock(one_at_a_time);
    remark(what);
  };
  Members members;
  for (const auto& settings : fleet.devices)
    members.push_back(std::make_unique<Member>(fleet, settings, orderly));
  while (!control.wait_until(Mailbox::Clock::now() + std::chrono::seconds(1)))
    tell(tally_of(members));
  tell(tally_of(members));
  for (const auto& member : members)
    member->stop();
}

}  // namespace latchkey::device
