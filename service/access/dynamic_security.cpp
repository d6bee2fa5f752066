#include "service/access/dynamic_security.hpp"

#include "registry/broker_access.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace latchkey::service::access {
namespace {

// The plugin writes its whole file for each command, so keep messages short: the broker stalls meanwhile.
constexpr std::size_t commands_at_once = 20;
constexpr std::size_t clients_at_once = 500;
constexpr std::size_t openings_at_once = 20;
// Beyond this number each change is slow, because of the plugin's file: 122 s for 10,000 clients.
constexpr std::size_t many_entries = 2000;

/// Takes steps from the front as long as their commands fit into one message; at least one.
std::vector<Step> take_together(std::deque<Step>& steps, std::size_t room) {
  std::vector<Step> together;
  std::size_t commands = 0;
  std::size_t bytes = 0;
  while (!steps.empty()) {
    commands += steps.front().commands.size();
    bytes += bytes_of(steps.front().commands);
    if (!together.empty() && (commands > commands_at_once || bytes > room)) break;
    together.push_back(std::move(steps.front()));
    steps.pop_front();
  }
  return together;
}

}  // namespace

Done DynamicSecurity::connected() {
  if (const auto said = execute_and_log(foundations()); !said) return std::unexpected(said.error());
  return {};
}

Done DynamicSecurity::advance() {
  if (!steps_.empty() && steps_.front().kind == Step::Kind::urgent) return take_steps();
  // Alternate between devices that wait for their passwords and left-over entries.
  if (auto opened = open_waiting(); !opened) return opened;
  return take_steps();
}

Done DynamicSecurity::open_waiting() {
  std::vector<registry::AppliedAccess> applied;
  for (std::size_t n = 0; n < openings_at_once; ++n) {
    auto one = list_.next_opening(n == 0);
    if (!one) break;
    const auto& login = one->opening.login;
    auto commands = login ? logins_.admit(*login) : lift(one->opening.device_id.text());
    if (!commands) continue;
    const auto said = execute_and_log(*std::move(commands));
    if (!said) return std::unexpected(said.error());
    if (std::ranges::find(*said, false) != said->end()) continue;
    list_.publish(std::move(one->messages));
    if (login) applied.push_back({login->device_id.text(), {}, login->generation, {}});
  }
  list_.record(applied);
  return {};
}

std::expected<std::vector<BrokerClient>, std::string> DynamicSecurity::list_clients() {
  std::vector<BrokerClient> all;
  for (;;) {
    auto replies = execute(list_.connection(), std::array{access::list_clients(all.size(), clients_at_once)});
    if (!replies) return std::unexpected(std::move(replies.error()));
    if (!replies->front().error.empty()) return std::unexpected("listClients: " + replies->front().error);
    auto& page = replies->front().clients;
    all.insert(all.end(), std::move_iterator(page.begin()), std::move_iterator(page.end()));
    if (page.size() < clients_at_once) return all;
  }
}

/// Plans the commands: compares the broker's list with what the registry wants, read in this order.
Done DynamicSecurity::compare() {
  const auto listed = list_clients();
  if (!listed) return std::unexpected(listed.error());
  const auto last = list_.last_opening();
  const auto wanted = registry::load_broker_access(list_.registry());
  if (!wanted) return std::unexpected(wanted.error().what);
  // Once opened, they would stay valid until the next comparison. The device repeats its request and gets an
  // answer by the current state.
  if (last) list_.drop_ended(*last, StillWanted(*wanted));
  Plan plan = make_plan(*listed, *wanted, logins_);
  report_plan(plan);
  set_plan(std::move(plan.steps));
  catches_up_ = true;
  list_.record(plan.done);
  list_.is_up_to_date();
  return {};
}

void DynamicSecurity::set_plan(std::deque<Step> steps) {
  for (Step& step : steps_)
    wipe(step.commands);
  steps_ = std::move(steps);
}

void DynamicSecurity::report_plan(const Plan& plan) {
  list_.metrics().set_broker_entries(plan.entries);
  if (plan.entries > many_entries)
    list_.log().warning(
        "the broker's access list is so long that it slows the broker down: use broker_access.mode "
        "\"database\"",
        {{"entries", static_cast<std::int64_t>(plan.entries)}});
  for (const std::string& name : plan.risky)
    list_.log().warning(
        "the name of a broker account is a valid device id: a device of that name would get its rights",
        {{"account", name}});
  if (plan.lost > 0)
    list_.log().warning(
        "the broker cannot get some passwords: the master key from which they were derived is missing",
        {{"count", static_cast<std::int64_t>(plan.lost)}});
}

Done DynamicSecurity::take_steps() {
  std::vector<Step> steps = take_together(steps_, list_.connection().message_limit());
  Commands commands;
  for (Step& step : steps)
    std::ranges::move(step.commands, std::back_inserter(commands));
  const auto said = execute_and_log(std::move(commands));
  if (!said) return std::unexpected(said.error());
  check_caught_up();
  std::vector<registry::AppliedAccess> applied;
  auto from = said->begin();
  for (const Step& step : steps) {
    const auto to = from + static_cast<std::ptrdiff_t>(step.commands.size());
    if (std::find(from, to, false) == to) applied.insert(applied.end(), step.then.begin(), step.then.end());
    from = to;
  }
  list_.record(applied);
  return {};
}

/// Once all left-over entries are removed, every device may be served again.
void DynamicSecurity::check_caught_up() {
  const bool takes_away = !steps_.empty() && steps_.front().kind != Step::Kind::lets_in;
  if (!catches_up_ || takes_away) return;
  catches_up_ = false;
  list_.serve_anew();
}

std::expected<std::vector<bool>, std::string> DynamicSecurity::execute_and_log(Commands commands) {
  const auto replies = execute(list_.connection(), commands);
  wipe(commands);
  if (!replies) return std::unexpected(replies.error());
  std::vector<bool> fulfilled;
  for (const Reply& reply : *replies) {
    fulfilled.push_back(reply.fulfilled());
    if (reply.fulfilled()) continue;
    list_.metrics().broker_access_failed();
    list_.log().error("the broker refused a command", {{"command", reply.command}, {"reason", reply.error}});
  }
  return fulfilled;
}

}  // namespace latchkey::service::access
