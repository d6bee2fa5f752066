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
  }

  Plan make() {
    for (const std::string& id : wanted_.denied)
      keep_out(id);
    for (const auto& [login, applied] : wanted_.logins)
      let_in(login, applied);
    // What nobody asked for is left over.
    for (const auto& [username, client] : listed_) {
      if (!client->mark.empty())
        take_away(*client);
      else if (protocol::DeviceId::parse(username))
        plan_.risky.push_back(username);
    }
    settle();
    return std::move(plan_);
  }

 private:
  /// The broker's client of this name, which is wanted.
  const BrokerClient* find(const std::string& username) {
    const auto found = listed_.extract(username);
    return found.empty() ? nullptr : found.mapped();
  }

  void keep_out(const std::string& id) {
    ++plan_.entries;
    const BrokerClient* client = find(id);
    if (client != nullptr && client->mark == denied_mark && client->disabled) return;
    Commands& commands = against_[id].commands;
    if (client != nullptr) append(commands, lift(id));  // whoever made it so: it does not keep the device out
    append(commands, deny(id));
  }

  void let_in(const registry::PasswordLogin& login, bool applied) {
    const std::string username = username_of(login.device_id, login.generation);
    const registry::AppliedAccess mark{login.device_id.text(), {}, login.generation};
    const BrokerClient* client = find(username);
    ++plan_.entries;
    if (client != nullptr && client->mark == mark_of(login) && !client->disabled) {
      if (!applied) plan_.done.push_back(mark);
      return;
    }
    auto commands = logins_.admit(login);
    if (!commands) {
      ++plan_.lost;
      return;
    }
    Step& step = for_[login.device_id.text()];
    if (client != nullptr) append(step.commands, end_login(username));
    append(step.commands, *std::move(commands));
    step.then.push_back(mark);
  }

  void take_away(const BrokerClient& client) {
    append(against_[device_of(client.username)].commands,
           client.mark == denied_mark ? lift(client.username) : end_login(client.username));
  }

  /// An operator's change has been carried out once all is said about its device.
  void settle() {
    for (const auto& [id, changed_at] : wanted_.changed) {
      const registry::AppliedAccess mark{id, changed_at, {}};
      if (const auto last = for_.find(id); last != for_.end())
        last->second.then.push_back(mark);
      else if (const auto only = against_.find(id); only != against_.end())
        only->second.then.push_back(mark);
      else
        plan_.done.push_back(mark);
    }
    for (auto* steps : {&against_, &for_})
      for (auto& [id, step] : *steps)
        plan_.steps.push_back(std::move(step));
  }

  const registry::BrokerAccess& wanted_;
  const Logins& logins_;
  std::unordered_map<std::string, const BrokerClient*> listed_;
  std::map<std::string, Step> against_;  ///< by device: denials, ends, and denials lifted
  std::map<std::string, Step> for_;
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
