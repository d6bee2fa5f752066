#include "service/access/plan.hpp"

#include "service/issuing/issue.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace latchkey::service::access {
namespace {

void append(Commands& commands, Commands further) {
  std::ranges::move(further, std::back_inserter(commands));
}

/// `12345` of `12345` and of `12345@2`.
std::string device_of(const std::string& username) {
  return username.substr(0, username.find('@'));
}

class Planner {
 public:
  Planner(const std::vector<BrokerClient>& listed, const registry::BrokerAccess& wanted, const Logins& logins)
      : wanted_(wanted), logins_(logins) {
    for (const BrokerClient& client : listed)
      listed_.emplace(client.username, &client);
    for (const auto& [id, changed_at] : wanted.changed)
      changed_.insert(id);
  }

  Plan make() {
    for (const std::string& id : wanted_.denied)
      keep_out(id);
    for (const auto& [login, applied] : wanted_.logins)
      let_in(login, applied);
    // Entries that the registry does not want are left over.
    for (const auto& [username, client] : listed_) {
      if (!client->mark.empty())
        take_away(*client);
      else if (protocol::DeviceId::parse(username))
        plan_.risky.push_back(username);
    }
    for (auto* steps : {&urgent_, &left_over_, &let_in_})
      std::ranges::move(*steps, std::back_inserter(plan_.steps));
    mark_changes();
    return std::move(plan_);
  }

 private:
  /// The broker's client of this name; marks it as wanted.
  const BrokerClient* find(const std::string& username) {
    const auto found = listed_.extract(username);
    return found.empty() ? nullptr : found.mapped();
  }

  void keep_out(const std::string& id) {
    ++plan_.entries;
    const BrokerClient* client = find(id);
    if (client != nullptr && client->mark == denied_mark && client->disabled) return;
    Commands commands;
    if (client != nullptr)
      append(commands, lift(id));  // replace it: an entry without our mark need not deny the device
    append(commands, deny(id));
    urgent_.push_back({id, Step::Kind::urgent, std::move(commands), {}});
  }

  void let_in(const registry::PasswordLogin& login, bool applied) {
    const std::string username = username_of(login.device_id, login.generation);
    const registry::AppliedAccess mark{login.device_id.text(), {}, login.generation, {}};
    const BrokerClient* client = find(username);
    ++plan_.entries;
    if (client != nullptr && client->mark == mark_of(login) && !client->disabled) {
      if (!applied) plan_.done.push_back(mark);
      return;
    }
    auto admission = logins_.admit(login);
    if (!admission) {
      ++plan_.lost;
      return;
    }
    Commands commands;
    if (client != nullptr) append(commands, end_login(username));
    append(commands, *std::move(admission));
    let_in_.push_back({login.device_id.text(), Step::Kind::lets_in, std::move(commands), {mark}});
  }

  void take_away(const BrokerClient& client) {
    const std::string id = device_of(client.username);
    if (client.mark == denied_mark)
      left_over_.push_back({id, Step::Kind::left_over, lift(client.username), {}});
    else if (changed_.contains(id))
      urgent_.push_back({id, Step::Kind::urgent, end_login(client.username), {}});
    else
      left_over_.push_back({id, Step::Kind::left_over, end_login(client.username), {}});
  }

  /// An operator's change is done with the last step about its device.
  void mark_changes() {
    std::unordered_map<std::string_view, Step*> last;
    for (Step& step : plan_.steps)
      last[step.device_id] = &step;
    for (const auto& [id, changed_at] : wanted_.changed) {
      const auto found = last.find(id);
      (found == last.end() ? plan_.done : found->second->then).push_back({id, changed_at, {}, {}});
    }
  }

  const registry::BrokerAccess& wanted_;
  const Logins& logins_;
  std::map<std::string, const BrokerClient*> listed_;
  std::unordered_set<std::string> changed_;
  std::deque<Step> urgent_;
  std::deque<Step> left_over_;
  std::deque<Step> let_in_;
  Plan plan_;
};

}  // namespace

Plan make_plan(const std::vector<BrokerClient>& listed, const registry::BrokerAccess& wanted,
               const Logins& logins) {
  return Planner(listed, wanted, logins).make();
}

StillWanted::StillWanted(const registry::BrokerAccess& wanted)
    : denied_(wanted.denied.begin(), wanted.denied.end()) {
  for (const auto& [login, applied] : wanted.logins)
    marks_.emplace(username_of(login.device_id, login.generation), mark_of(login));
}

bool StillWanted::operator()(const registry::BrokerOpening& opening) const {
  if (!opening.login) return !denied_.contains(opening.device_id.text());
  const auto found = marks_.find(username_of(opening.login->device_id, opening.login->generation));
  return found != marks_.end() && found->second == mark_of(*opening.login);
}

}  // namespace latchkey::service::access
